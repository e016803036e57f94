/** Gives equal texts one number, so that a column of texts is a column of numbers. */
export class Dictionary {
  readonly texts: string[] = []
  readonly #ids = new Map<string, number>()

  idOf(text: string): number {
    const known = this.#ids.get(text)
    if (known !== undefined) return known
    const id = this.texts.push(text) - 1
    this.#ids.set(text, id)
    return id
  }

  /** Whether each text passes, by its number. */
  mask(test: (text: string) => boolean): Uint8Array {
    const mask = new Uint8Array(this.texts.length)
    for (let id = 0; id < mask.length; id++) if (test(this.texts[id]!)) mask[id] = 1
    return mask
  }
}
