/** Gives equal texts one number, so that a column of texts is a column of numbers. */
import type { TextPace } from './text-pace.ts'

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

  /** Whether each text passes, by its number. `pace` is called with each text before it is tested. */
  mask(test: (text: string) => boolean, pace: TextPace): Uint8Array {
    const mask = new Uint8Array(this.texts.length)
    for (let id = 0; id < mask.length; id++) {
      const text = this.texts[id]!
      pace(text)
      if (test(text)) mask[id] = 1
    }
    return mask
  }
}
