/**
 * What a directory contributes to a listing, in the order of UTF-8 bytes. A directory `a` stands
 * there as `a/`, and once more as `a`, for there may be an object beside it. Packed, because a
 * directory can have a million names.
 */
export const nameKinds = { file: 0, directory: 1, beside: 2 } as const
export type NameKind = (typeof nameKinds)[keyof typeof nameKinds]

export interface PackedNames {
  readonly bytes: Uint8Array
  /** Where each name ends in `bytes`. */
  readonly ends: Uint32Array
  readonly kinds: Uint8Array
}

export class DirectoryNames {
  readonly #bytes: Buffer
  readonly #ends: Uint32Array
  readonly #kinds: Uint8Array

  constructor({ bytes, ends, kinds }: PackedNames) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#ends = ends
    this.#kinds = kinds
  }

  get length(): number {
    return this.#kinds.length
  }

  get sizeBytes(): number {
    return this.#bytes.length + this.#ends.byteLength + this.#kinds.length
  }

  kind(at: number): NameKind {
    return this.#kinds[at] as NameKind
  }

  name(at: number): string {
    return this.#bytes.toString('utf8', this.#start(at), this.#ends[at])
  }

  /** The index of the first name that is not before the text. */
  firstFrom(text: string): number {
    const wanted = Buffer.from(text)
    return this.#first((at) => this.#bytes.compare(wanted, 0, wanted.length, this.#start(at), this.#ends[at]) >= 0)
  }

  /** The index of the first name that is behind all names that begin with the text. */
  firstBehind(text: string): number {
    const wanted = Buffer.from(text)
    return this.#first((at) => {
      const end = Math.min(this.#ends[at]!, this.#start(at) + wanted.length)
      return this.#bytes.compare(wanted, 0, wanted.length, this.#start(at), end) > 0
    })
  }

  #start(at: number): number {
    return at === 0 ? 0 : this.#ends[at - 1]!
  }

  #first(isThere: (at: number) => boolean): number {
    let [low, high] = [0, this.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (isThere(middle)) high = middle
      else low = middle + 1
    }
    return low
  }
}
