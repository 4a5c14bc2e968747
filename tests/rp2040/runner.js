// Runs the flashable image on the emulated chip with its board. One JSON object a line each way: an order with "op",
// an answer with what came of it. Time passes only by the order "run".
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Board } from "./board/board.js";
import { HostUart } from "./chip/host_uart.js";
import { Machine } from "./chip/machine.js";

const BAUD = 2000000;
const host = new HostUart(BAUD);
let board, machine;

const feed = (socket) => board.feeds[socket - 1];
const line = (socket) => board.lines[socket - 5];
const samplesOf = (text) => {
  const bytes = Buffer.from(text, "base64");
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
};
const textOf = (samples) => Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength).toString("base64");

const ORDERS = {
  start({ bootrom, image, lines, plain }) {
    board = new Board(lines);
    const rom = readFileSync(bootrom);
    const words = new Uint32Array(rom.length >> 2);
    words.forEach((_, n) => (words[n] = rom.readUInt32LE(4 * n)));
    machine = new Machine(words, readFileSync(image), board, host, plain);
    return {};
  },
  run({ ms, down }) {
    if (down) host.send(Buffer.from(down, "base64"));
    machine.run(ms * 1e6);
    return { up: host.take().toString("base64"), events: board.takeEvents(), halted: machine.halted, restarts: machine.resets.length };
  },
  contacts({ socket, steps }) {
    feed(socket).plan(steps, board.ms);
    return {};
  },
  line({ socket, ...changes }) {
    Object.assign(line(socket), changes);
    return {};
  },
  say({ socket, samples }) {
    board.voices.get(socket).say(samplesOf(samples));
    return {};
  },
  listen({ socket, on }) {
    board.voices.get(socket).listens = on;
    return {};
  },
  heard({ socket }) {
    return { samples: textOf(board.voices.get(socket).take()) };
  },
  cts({ ready }) {
    host.setReady(ready);
    return {};
  },
  rts({ obey }) {
    host.obeysRts = obey;
    return {};
  },
  stop_dma({ channels }) {
    for (const channel of channels) machine.chip.dma.channels[channel].abort();
    return {};
  },
  power() {
    machine.powerCycle();
    return {};
  },
  // In the change of the flash after `changes` more; `part` of it is done.
  cut_power({ changes, part }) {
    machine.flash.cutAt = { changes, part };
    return {};
  },
  flash_speed({ erase_ms, program_ms }) {
    Object.assign(machine.flash, { eraseMs: erase_ms, programMs: program_ms });
    return {};
  },
  read_flash({ offset, count }) {
    return { bytes: Buffer.from(machine.flash.bytes.subarray(offset, offset + count)).toString("base64") };
  },
  set_flash({ offset, bytes }) {
    machine.flash.set(offset, Buffer.from(bytes, "base64"));
    return {};
  },
  mask_interrupts() {
    machine.chip.core.PM = true;
    machine.chip.core.enabledInterrupts = 0;
    return {};
  },
  undefined_instruction({ address }) {
    machine.chip.sramView.setUint16(address - 0x20000000, 0xde00, true);
    machine.chip.core.PC = address;
    machine.chip.core.waiting = false;
    return {};
  },
  state() {
    const { uart, chip } = machine;
    return {
      resets: machine.resets,
      memory: createHash("sha256").update(chip.sram).update(new Uint8Array(chip.core.registers.buffer)).digest("hex"),
      instructions: machine.instructions,
      stack_left: machine.chip.sram.findIndex((byte) => byte !== 0), // never used: it grows down to 2000_0000
      idle_us: machine.idleNanos / 1000,
      clk_sys: chip.clkSys,
      baud: uart.baud,
      uart: uart.counts,
      rts: uart.rtsAsserted,
      waiting_down: host.queue.length,
      least_gap_ns: host.leastGapNanos,
      outputs: board.register.outputs,
      led: board.led,
      frames: board.highway.frames,
      frame_ns: [board.highway.leastFrame, board.highway.mostFrame],
      layout: board.highway.layout,
      registers: board.chips.map((si3050) => Array.from(si3050.registers)),
      spi_frames: board.chain.frames,
      flash: machine.flash.counts,
      vector_table: chip.core.VTOR,
      seized: board.lines.map((one) => one.seized),
    };
  },
};

const lines = createInterface({ input: process.stdin });
for await (const text of lines) {
  const { op, ...order } = JSON.parse(text);
  let answer;
  try {
    answer = ORDERS[op](order);
  } catch (error) {
    answer = { error: `${op}: ${error.stack}` };
  }
  answer.us = machine ? machine.nanos / 1000 : 0;
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
