/**
 * A private file that holds one list as JSON. It is read whole and written whole, and writers in
 * other processes take turns.
 */
import { withLock, writePrivateFile } from './private-file.ts'
import { textIfThere } from './text-file.ts'

export interface ListFileOptions<Item> {
  readonly path: string
  /** What is in the list, as the file and the messages name it: `users`. */
  readonly noun: string
  /** Checks what stands in the file. Throws an error whose message says what is wrong with it. */
  readonly check: (items: readonly unknown[]) => Item[]
  /** Makes the error of a file that cannot be used. */
  readonly problem: (message: string) => Error
}

export class ListFile<Item> {
  readonly #options: ListFileOptions<Item>

  constructor(options: ListFileOptions<Item>) {
    this.#options = options
  }

  /** Empty if there is no file. */
  read(): Item[] {
    const { path, noun, problem } = this.#options
    let text: string | undefined
    try {
      text = textIfThere(path)
    } catch (error) {
      throw problem(`cannot read the ${noun} file ${path}: ${(error as Error).message}`)
    }
    if (text === undefined) return []
    try {
      return this.#parse(text)
    } catch (error) {
      throw problem(`the ${noun} file ${path} is damaged: ${(error as Error).message}`)
    }
  }

  /**
   * Reads, changes and writes the list while no other process can do the same. An error that
   * `change` throws changes nothing.
   */
  change<T>(change: (items: Item[]) => { readonly items: readonly Item[]; readonly result: T }): T {
    const { path, noun, problem } = this.#options
    const lock = `${path}.lock`
    const refuse = (why: string) => problem(`the ${noun} cannot be changed: the lock ${lock} is not to be had: ${why}`)
    return withLock(lock, refuse, () => {
      const { items, result } = change(this.read())
      writePrivateFile(path, `${JSON.stringify({ version: 1, [noun]: items }, null, 2)}\n`)
      return result
    })
  }

  #parse(text: string): Item[] {
    const { noun, check } = this.#options
    const file = parseJson(text)
    if (file.version !== 1) throw new Error('its version is not 1')
    const items = file[noun]
    if (!Array.isArray(items)) throw new Error(`it has no list of ${noun}`)
    return check(items)
  }
}

/** The message of `JSON.parse` quotes the text, which may hold a secret. */
function parseJson(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) ?? {}) as Record<string, unknown>
  } catch {
    throw new Error('it is not JSON')
  }
}
