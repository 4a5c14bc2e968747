// The common Thumb instructions (Armv6-M reference manual, chapter A6) out of flash, decoded once and then run from
// a table: the emulator's own core asks some fifty questions about each. What is not here, code elsewhere, and each
// step with a possible interrupt is the emulator's. Registers, flags and cycles come out the same: `test_runner.py`
// runs both and compares.

const FLASH = 0x10000000, RAM = 0x20000000, RAM_SIZE = 264 * 1024, APB = 0x40000000, SIO = 0xd0000000;
const SLOW = 0;
let number = 1;
const LDR = number++, LDR_PC = number++, LDR_REG = number++, LDRB = number++, LDRB_REG = number++;
const LDRH = number++, LDRH_REG = number++, LDRSB_REG = number++, LDRSH_REG = number++;
const STR = number++, STR_REG = number++, STRB = number++, STRB_REG = number++, STRH = number++, STRH_REG = number++;
const MOV_IMM = number++, MOV = number++, ADD_IMM = number++, ADD_REG = number++, SUB_IMM = number++, SUB_REG = number++;
const CMP_IMM = number++, CMP_REG = number++, LSL = number++, LSR = number++, ASR = number++;
const AND = number++, EOR = number++, ORR = number++, BIC = number++, TST = number++;
const UXTB = number++, UXTH = number++, SXTH = number++, SXTB = number++, NEG = number++;
const BRANCH = number++, BRANCH_IF = number++;

const LOW = (opcode, at) => (opcode >> at) & 7;
const signed = (value, bits) => (value << (32 - bits)) >> (32 - bits);

// Each: [mask, bits, kind, fields(opcode) -> { d, n, m, value }]. d: destination or source of a store.
const THREE = (o) => ({ d: LOW(o, 0), n: LOW(o, 3), m: LOW(o, 6), value: 0 });
const TWO = (o) => ({ d: LOW(o, 0), n: LOW(o, 0), m: LOW(o, 3), value: 0 });
const OFFSET = (scale) => (o) => ({ d: LOW(o, 0), n: LOW(o, 3), m: 0, value: ((o >> 6) & 31) * scale });
const BYTE = (o) => ({ d: LOW(o, 8), n: LOW(o, 8), m: 0, value: o & 0xff });
const STACK = (o) => ({ d: LOW(o, 8), n: 13, m: 0, value: (o & 0xff) * 4 });
const SHIFT = (o) => ({ d: LOW(o, 0), n: LOW(o, 3), m: 0, value: (o >> 6) & 31 });
const SMALL = (o) => ({ d: LOW(o, 0), n: LOW(o, 3), m: 0, value: (o >> 6) & 7 });
const FORMS = [
  [0xf800, 0x6800, LDR, OFFSET(4)], [0xf800, 0x9800, LDR, STACK], [0xf800, 0x4800, LDR_PC, BYTE],
  [0xfe00, 0x5800, LDR_REG, THREE], [0xf800, 0x7800, LDRB, OFFSET(1)], [0xfe00, 0x5c00, LDRB_REG, THREE],
  [0xf800, 0x8800, LDRH, OFFSET(2)], [0xfe00, 0x5a00, LDRH_REG, THREE], [0xfe00, 0x5600, LDRSB_REG, THREE],
  [0xfe00, 0x5e00, LDRSH_REG, THREE], [0xf800, 0x6000, STR, OFFSET(4)], [0xf800, 0x9000, STR, STACK],
  [0xfe00, 0x5000, STR_REG, THREE], [0xf800, 0x7000, STRB, OFFSET(1)], [0xfe00, 0x5400, STRB_REG, THREE],
  [0xf800, 0x8000, STRH, OFFSET(2)], [0xfe00, 0x5200, STRH_REG, THREE],
  [0xf800, 0x2000, MOV_IMM, BYTE], [0xf800, 0x3000, ADD_IMM, BYTE], [0xf800, 0x3800, SUB_IMM, BYTE],
  [0xf800, 0x2800, CMP_IMM, BYTE], [0xfe00, 0x1c00, ADD_IMM, SMALL], [0xfe00, 0x1e00, SUB_IMM, SMALL],
  [0xfe00, 0x1800, ADD_REG, THREE], [0xfe00, 0x1a00, SUB_REG, THREE], [0xffc0, 0x4280, CMP_REG, TWO],
  [0xf800, 0x0000, LSL, SHIFT], [0xf800, 0x0800, LSR, SHIFT], [0xf800, 0x1000, ASR, SHIFT],
  [0xffc0, 0x4000, AND, TWO], [0xffc0, 0x4040, EOR, TWO], [0xffc0, 0x4300, ORR, TWO], [0xffc0, 0x4380, BIC, TWO],
  [0xffc0, 0x4200, TST, TWO], [0xffc0, 0x4240, NEG, TWO],
  [0xffc0, 0xb2c0, UXTB, TWO], [0xffc0, 0xb280, UXTH, TWO], [0xffc0, 0xb200, SXTH, TWO], [0xffc0, 0xb240, SXTB, TWO],
  [0xf800, 0xe000, BRANCH, (o) => ({ d: 0, n: 0, m: 0, value: signed(o & 0x7ff, 11) * 2 + 4 })],
];

function decode(opcode) {
  if ((opcode & 0xf000) === 0xd000 && ((opcode >> 8) & 15) < 14) {
    return { kind: BRANCH_IF, d: (opcode >> 8) & 15, n: 0, m: 0, value: signed(opcode & 0xff, 8) * 2 + 4 };
  }
  if ((opcode & 0xff00) === 0x4600) { // MOV between any registers but PC and SP
    const d = (opcode & 7) | ((opcode >> 4) & 8), m = (opcode >> 3) & 15;
    if (d < 13 && m < 15) return { kind: MOV, d, n: 0, m, value: 0 };
    return { kind: SLOW, d: 0, n: 0, m: 0, value: 0 };
  }
  const form = FORMS.find(([mask, bits]) => (opcode & mask) === bits);
  if (!form) return { kind: SLOW, d: 0, n: 0, m: 0, value: 0 };
  return { kind: form[2], ...form[3](opcode) };
}

// Returns a function that runs one instruction and returns its cycles; `forget(offset, count)`: flash changed there.
export function makeCore(chip, size) {
  const { core, sramView, flashView } = chip;
  const r = core.registers;
  const table = new Array(size >> 1).fill(null);
  const learn = (at) => (table[at >> 1] = decode(flashView.getUint16(at & ~1, true))); // PC is odd in exceptions

  const cost = (address, io) => {
    const room = address >>> 28; // SIO takes no cycle more, the slow bus several
    return room === SIO >>> 28 ? 0 : room === APB >>> 28 ? io : 1;
  };
  const inRam = (address) => address >= RAM && address < RAM + RAM_SIZE - 3;
  const load = (address) => (inRam(address) ? sramView.getUint32(address - RAM, true) : chip.readUint32(address));
  const load8 = (address) => (inRam(address) ? sramView.getUint8(address - RAM) : chip.readUint8(address));
  const load16 = (address) => (inRam(address) ? sramView.getUint16(address - RAM, true) : chip.readUint16(address));
  const store = (address, value) =>
    inRam(address) ? sramView.setUint32(address - RAM, value, true) : chip.writeUint32(address, value);
  const store8 = (address, value) =>
    inRam(address) ? sramView.setUint8(address - RAM, value) : chip.writeUint8(address, value);
  const store16 = (address, value) =>
    inRam(address) ? sramView.setUint16(address - RAM, value, true) : chip.writeUint16(address, value);

  const flags = (result) => {
    core.N = result < 0;
    core.Z = result === 0;
    return result;
  };
  const add = (a, b) => {
    const result = (a + b) | 0;
    core.C = a + b > 0xffffffff;
    core.V = ((a ^ result) & (b ^ result)) < 0;
    return flags(result);
  };
  const subtract = (a, b) => {
    const result = (a - b) | 0;
    core.C = a >= b;
    core.V = ((a ^ b) & (a ^ result)) < 0;
    return flags(result);
  };
  const shift = (kind, input, n) => {
    if (kind === LSL) {
      if (n) core.C = ((input >>> (32 - n)) & 1) !== 0;
      return flags((input << n) | 0);
    }
    core.C = ((input >>> (n ? n - 1 : 31)) & 1) !== 0;
    if (kind === LSR) return flags(n ? (input >>> n) | 0 : 0);
    return flags((input | 0) >> (n || 31));
  };
  const holds = (condition) => {
    switch (condition) {
      case 0: return core.Z;
      case 1: return !core.Z;
      case 2: return core.C;
      case 3: return !core.C;
      case 4: return core.N;
      case 5: return !core.N;
      case 6: return core.V;
      case 7: return !core.V;
      case 8: return core.C && !core.Z;
      case 9: return !core.C || core.Z;
      case 10: return core.N === core.V;
      case 11: return core.N !== core.V;
      case 12: return !core.Z && core.N === core.V;
      default: return core.Z || core.N !== core.V;
    }
  };

  const step = () => {
    const pc = r[15];
    const at = pc - FLASH;
    if (core.interruptsUpdated || at < 0 || at >= size) return core.executeInstruction();
    const { kind, d, n, m, value } = table[at >> 1] ?? learn(at);
    if (kind === SLOW) return core.executeInstruction();
    r[15] = pc + 2;
    let cycles = 1;
    let address;
    switch (kind) {
      case LDR: address = (r[n] + value) >>> 0; cycles += cost(address, 3); r[d] = load(address); break;
      case LDR_PC: address = ((pc + 4) & ~3) + 4 * value; cycles++; r[d] = load(address); break;
      case LDR_REG: address = (r[n] + r[m]) >>> 0; cycles += cost(address, 3); r[d] = load(address); break;
      case LDRB: address = (r[n] + value) >>> 0; cycles += cost(address, 3); r[d] = load8(address); break;
      case LDRB_REG: address = (r[n] + r[m]) >>> 0; cycles += cost(address, 3); r[d] = load8(address); break;
      case LDRH: address = (r[n] + value) >>> 0; cycles += cost(address, 3); r[d] = load16(address); break;
      case LDRH_REG: address = (r[n] + r[m]) >>> 0; cycles += cost(address, 3); r[d] = load16(address); break;
      case LDRSB_REG: address = (r[n] + r[m]) >>> 0; cycles += cost(address, 3); r[d] = (load8(address) << 24) >> 24; break;
      case LDRSH_REG: address = (r[n] + r[m]) >>> 0; cycles += cost(address, 3); r[d] = (load16(address) << 16) >> 16; break;
      case STR: address = (r[n] + value) >>> 0; cycles += cost(address, 4); store(address, r[d]); break;
      case STR_REG: address = (r[n] + r[m]) >>> 0; cycles += cost(address, 4); store(address, r[d]); break;
      case STRB: address = (r[n] + value) >>> 0; cycles += cost(address, 4); store8(address, r[d]); break;
      case STRB_REG: address = (r[n] + r[m]) >>> 0; cycles += cost(address, 4); store8(address, r[d]); break;
      case STRH: address = (r[n] + value) >>> 0; cycles += cost(address, 4); store16(address, r[d]); break;
      case STRH_REG: address = (r[n] + r[m]) >>> 0; cycles += cost(address, 4); store16(address, r[d]); break;
      case MOV_IMM: r[d] = flags(value); break;
      case MOV: r[d] = r[m]; break;
      case ADD_IMM: r[d] = add(r[n], value); break;
      case ADD_REG: r[d] = add(r[n], r[m]); break;
      case SUB_IMM: r[d] = subtract(r[n], value); break;
      case SUB_REG: r[d] = subtract(r[n], r[m]); break;
      case CMP_IMM: subtract(r[n], value); break;
      case CMP_REG: subtract(r[n], r[m]); break;
      case LSL: case LSR: case ASR: r[d] = shift(kind, r[n], value); break;
      case AND: r[d] = flags(r[d] & r[m]); break;
      case EOR: r[d] = flags(r[d] ^ r[m]); break;
      case ORR: r[d] = flags(r[d] | r[m]); break;
      case BIC: r[d] = flags(r[d] & ~r[m]); break;
      case TST: flags(r[d] & r[m]); break;
      case NEG: r[d] = subtract(0, r[m]); break;
      case UXTB: r[d] = r[m] & 0xff; break;
      case UXTH: r[d] = r[m] & 0xffff; break;
      case SXTH: r[d] = (r[m] << 16) >> 16; break;
      case SXTB: r[d] = (r[m] << 24) >> 24; break;
      case BRANCH: r[15] = pc + value; cycles++; break;
      case BRANCH_IF:
        if (holds(d)) {
          r[15] = pc + value;
          cycles++;
        }
        break;
    }
    core.cycles += cycles;
    return cycles;
  };
  step.forget = (offset, count) => table.fill(null, offset >> 1, (offset + count) >> 1);
  return step;
}
