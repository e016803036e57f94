/** Many figures of one kind, all kept, so that percentiles are exact. */

export class Samples {
  #values = new Float64Array(64)
  #length = 0
  #sorted = false

  get length(): number {
    return this.#length
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = new Float64Array(this.#length * 2)
      grown.set(this.#values)
      this.#values = grown
    }
    this.#values[this.#length++] = value
    this.#sorted = false
  }

  pushAll(other: Samples): void {
    for (let at = 0; at < other.#length; at++) this.push(other.#values[at]!)
  }

  get mean(): number {
    let sum = 0
    for (let at = 0; at < this.#length; at++) sum += this.#values[at]!
    return this.#length === 0 ? 0 : sum / this.#length
  }

  /**
   * The least value that this share (0 to 1) of all values does not exceed; 0 if there are none.
   */
  quantile(share: number): number {
    if (this.#length === 0) return 0
    if (!this.#sorted) {
      this.#values.subarray(0, this.#length).sort()
      this.#sorted = true
    }
    return this.#values[Math.max(0, Math.ceil(share * this.#length) - 1)]!
  }
}
