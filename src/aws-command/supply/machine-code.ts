/**
 * A very small assembler: rows of machine code, labels, and the distances between them. It knows
 * just the forms that the launcher (`launcher.ts`) uses.
 */

/** How a distance is written into the instruction that begins `at`. Both are offsets in the code. */
type Patch = (code: Buffer, at: number, target: number) => void

export class MachineCode {
  readonly #bytes: number[] = []
  readonly #labels = new Map<string, number>()
  readonly #distances: { readonly at: number; readonly label: string; readonly patch: Patch }[] = []

  label(name: string): this {
    this.#labels.set(name, this.#bytes.length)
    return this
  }

  /** Bytes in hexadecimal, as a listing shows them. */
  bytes(hex: string): this {
    this.#bytes.push(...Buffer.from(hex.replaceAll(' ', ''), 'hex'))
    return this
  }

  /** An instruction of arm64: 32 bits, little-endian. */
  word(instruction: number): this {
    const word = Buffer.alloc(4)
    word.writeUInt32LE(instruction >>> 0)
    this.#bytes.push(...word)
    return this
  }

  /** Each string ends with a zero, and the list with an empty string. */
  strings(list: readonly string[]): this {
    for (const text of [...list, '']) this.#bytes.push(...Buffer.from(`${text}\0`))
    return this
  }

  /** x86-64: a jump of two bytes. */
  jump(opcode: string, label: string): this {
    return this.#towards(label, `${opcode}00`, (code, at, target) => code.writeInt8(target - (at + 2), at + 1))
  }

  /** x86-64: `lea register, [rip + distance]`, seven bytes. */
  leaOf(opcode: string, label: string): this {
    return this.#towards(label, `${opcode}00000000`, (code, at, target) => code.writeInt32LE(target - (at + 7), at + 3))
  }

  /** arm64: a branch whose distance in words stands in `bits` bits from bit `shift`. */
  branch(instruction: number, label: string, { bits, shift }: { bits: number; shift: number }): this {
    return this.#towardsWord(instruction, label, (distance) => ((distance / 4) & (2 ** bits - 1)) << shift)
  }

  /** arm64: `adr register, label`. */
  adr(register: number, label: string): this {
    return this.#towardsWord(0x10000000 | register, label, (distance) => {
      return ((distance & 3) << 29) | (((distance >> 2) & 0x7ffff) << 5)
    })
  }

  assemble(): Buffer {
    const code = Buffer.from(this.#bytes)
    for (const { at, label, patch } of this.#distances) {
      const target = this.#labels.get(label)
      if (target === undefined) throw new Error(`no label ${label}`)
      patch(code, at, target)
    }
    return code
  }

  #towardsWord(instruction: number, label: string, distanceBits: (distance: number) => number): this {
    const hex = Buffer.alloc(4)
    hex.writeUInt32LE(instruction >>> 0)
    return this.#towards(label, hex.toString('hex'), (code, at, target) =>
      code.writeUInt32LE((instruction | distanceBits(target - at)) >>> 0, at),
    )
  }

  #towards(label: string, hex: string, patch: Patch): this {
    this.#distances.push({ at: this.#bytes.length, label, patch })
    return this.bytes(hex)
  }
}
