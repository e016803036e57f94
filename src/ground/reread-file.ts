/** A small file that another process may write at any time. */
import { fileMark } from './private-file.ts'

/** Keeps what `read` makes of the file, and reads it again once it was written. */
export class RereadFile<T> {
  readonly #path: string
  readonly #read: (path: string) => T
  #known: { readonly mark: string; readonly content: T } | undefined

  constructor(path: string, read: (path: string) => T) {
    this.#path = path
    this.#read = read
  }

  /** As the file is now. Throws what `read` throws; the next call reads the file again. */
  content(): T {
    const mark = fileMark(this.#path)
    if (this.#known?.mark !== mark) {
      this.#known = undefined
      this.#known = { mark, content: this.#read(this.#path) }
    }
    return this.#known.content
  }
}
