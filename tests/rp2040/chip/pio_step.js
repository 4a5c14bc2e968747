// One step of a state machine, quickly: the few instructions that move bits, a pin or X. Everything else, and each
// step that touches a FIFO, is the emulator's own. Returns the cycles used, delay included.

const SIDE_EN = 1 << 30, SIDE_PINDIR = 1 << 29, SHIFT_RIGHT = 3 << 18;
const NOTHING = 0, SET_PINS = 1, SET_X = 2, JMP_X_DEC = 3, OUT_PIN = 4, IN_PIN = 5, SLOW = 6;

function kindOf(opcode) {
  if ((opcode & 0xe0ff) === 0xa042) return NOTHING; // mov y, y
  if ((opcode & 0xe0e0) === 0xe000) return SET_PINS;
  if ((opcode & 0xe0e0) === 0xe020) return SET_X;
  if ((opcode & 0xe0e0) === 0x0040) return JMP_X_DEC;
  if ((opcode & 0xe0ff) === 0x6001) return OUT_PIN;
  if ((opcode & 0xe0ff) === 0x4001) return IN_PIN;
  return SLOW;
}

function decode(machine, opcode) {
  const count = machine.sidesetCount;
  const delaySide = (opcode >> 8) & 0x1f;
  const delay = delaySide & ((1 << (5 - count)) - 1);
  const sideMask = count ? ((1 << count) - 1) << machine.sidesetBase : 0;
  const side = count ? (delaySide >> (5 - count)) << machine.sidesetBase : 0;
  const setMask = ((1 << machine.setCount) - 1) << machine.setBase;
  const plain = !(machine.execCtrl & (SIDE_EN | SIDE_PINDIR)) && !(machine.shiftCtrl & SHIFT_RIGHT);
  return {
    kind: plain ? kindOf(opcode) : SLOW,
    cycles: 1 + delay,
    keep: ~sideMask,
    side,
    value: opcode & 0x1f,
    setKeep: ~setMask,
    setPins: ((opcode & 0x1f) << machine.setBase) & setMask,
  };
}

// Decoded when the machine is started: its program and settings do not change while it runs.
export function makeStep(machine, chip, plain) {
  const { pio } = machine;
  const program = Array.from(pio.instructions, (opcode) => decode(machine, opcode));
  const { wrapTop, wrapBottom, outBase, inBase } = machine;
  const outKeep = ~(1 << outBase);

  const slow = () => {
    const before = machine.cycles;
    machine.step();
    return Math.max(machine.cycles - before, 1);
  };

  if (plain) return slow;
  return () => {
    if (machine.waiting) return slow();
    const { pc } = machine;
    const step = program[pc];
    let pins = pio.pinValues;
    let next = pc === wrapTop ? wrapBottom : (pc + 1) & 31;
    switch (step.kind) {
      case NOTHING:
        break;
      case SET_PINS:
        pins = (pins & step.setKeep) | step.setPins;
        break;
      case SET_X:
        machine.x = step.value;
        break;
      case JMP_X_DEC:
        if (machine.x !== 0) next = step.value;
        machine.x = (machine.x - 1) >>> 0;
        break;
      case OUT_PIN:
        if (machine.outputShiftCount >= machine.pullThreshold) return slow();
        pins = (pins & outKeep) | ((machine.outputShiftReg >>> 31) << outBase);
        machine.outputShiftReg = (machine.outputShiftReg << 1) >>> 0;
        machine.outputShiftCount++;
        break;
      case IN_PIN:
        if (machine.inputShiftCount + 1 >= machine.pushThreshold) return slow();
        machine.inputShiftReg = (machine.inputShiftReg << 1) | ((chip.gpioValues >>> inBase) & 1);
        machine.inputShiftCount++;
        break;
      default:
        return slow();
    }
    machine.pc = next;
    pio.pinValues = (pins & step.keep) | step.side;
    return step.cycles;
  };
}
