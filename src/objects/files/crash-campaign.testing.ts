/**
 * Kills a process that writes objects, again and again, and looks each time at what is left: every
 * object is the old one or the new one, whole, with what was said of it.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isObjectRefusal } from '../object-refusal.ts'
import type { ObjectStore } from '../object-store.ts'
import { type CrashStep, contentOf, cutsOf, type StateOfKey } from './crash-states.testing.ts'
import type { ObjectFailpoint } from './failpoints.ts'
import { FileStoreUnderTest } from './file-store.testing.ts'

export interface CrashRound {
  readonly seed: number
  /** Undefined: at any time. */
  readonly failpoint: ObjectFailpoint | undefined
  readonly count: number
}

export class CrashCampaign {
  readonly #files = new FileStoreUnderTest({ smallestPartBytes: 1, etags: { restMs: 0 } })
  /** What each key may be. */
  readonly #possible = new Map<string, StateOfKey[]>()
  #lastId = 0
  /** Steps that were done before a kill, in all rounds. */
  steps = 0

  /** Throws if something is wrong. */
  async round({ seed, failpoint, count }: CrashRound): Promise<void> {
    await this.#run([this.#files.folder, `${seed}`, failpoint ?? 'none', `${count}`, `${this.#lastId}`], failpoint)
    const store = await this.#files.open()
    try {
      await this.#check(store)
    } finally {
      await store.close()
    }
  }

  /** Without its index, the store has the same objects. */
  async withoutIndex(): Promise<void> {
    const before = await this.#listing()
    for (const end of ['', '-wal', '-shm']) rmSync(join(this.#files.folder, `objects.sqlite${end}`), { force: true })
    const after = await this.#listing()
    if (before !== after) throw new Error(`the listing was ${before}, and is ${after} without the index`)
  }

  async #listing(): Promise<string> {
    const store = await this.#files.open()
    try {
      return JSON.stringify(await listed(store, ({ key, size, lastModifiedMs }) => [key, size, lastModifiedMs]))
    } finally {
      await store.close()
    }
  }

  remove(): Promise<void> {
    return this.#files.remove()
  }

  async #run(args: readonly string[], failpoint: ObjectFailpoint | undefined): Promise<void> {
    const script = join(import.meta.dirname, 'crash-child.testing.ts')
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    // A failpoint that is not passed often enough ends the round as well.
    let timer: NodeJS.Timeout | undefined
    let [output, errors] = ['', '']
    child.stdout.on('data', (bytes) => {
      output += bytes
      timer ??= setTimeout(() => child.kill('SIGKILL'), failpoint ? 3000 : 20 + (Number(args[1]) % 500))
    })
    child.stderr.on('data', (bytes) => {
      errors += bytes
    })
    const signal = await new Promise((resolve) => child.on('close', (_, how) => resolve(how)))
    clearTimeout(timer)
    if (signal !== 'SIGKILL') throw new Error(`the writer ended by itself: ${errors}`)
    for (const line of output.split('\n').slice(0, -1)) this.#take(JSON.parse(line) as CrashStep)
  }

  #take(step: CrashStep): void {
    const possible = this.#possible.get(step.key) ?? [null]
    if (step.kind === 'end') {
      this.steps++
      this.#possible.set(step.key, possible.slice(-1))
      return
    }
    this.#possible.set(step.key, [...possible, step.becomes])
    this.#lastId = Math.max(this.#lastId, step.becomes?.id ?? 0) + 1
  }

  async #check(store: ObjectStore): Promise<void> {
    if (!store.bucket('lab')) return
    const keys = await listed(store, ({ key }) => key)
    for (const [key, possible] of this.#possible) {
      const found = await this.#stateOf(store, key)
      const isPossible = possible.some((state) => state?.id === found?.id)
      if (!isPossible) throw new Error(`${key} is ${JSON.stringify(found)}, not one of ${JSON.stringify(possible)}`)
      if (keys.includes(key) !== (found !== null)) throw new Error(`${key} is read and listed differently`)
      this.#possible.set(key, [found])
    }
    const left = readdirSync(join(this.#files.root, 'lab/.openbatch/new'))
    if (left.length > 0) throw new Error(`the start left ${left}`)
  }

  async #stateOf(store: ObjectStore, key: string): Promise<StateOfKey> {
    const of = { bucket: 'lab', key }
    const first = await store.head(of)
    if (isObjectRefusal(first)) return null
    if (first.etag.endsWith('-0')) await this.#files.store.etagsKnown()
    const open = await store.open(of)
    if (isObjectRefusal(open)) throw new Error(open.message)
    const pieces: Uint8Array[] = []
    for await (const piece of open.read()) pieces.push(Uint8Array.from(piece))
    await open.close()
    const { etag, metadata, tags } = open.facts
    const content = Buffer.concat(pieces).toString()
    const id = Number(metadata.id)
    if (content !== contentOf(id) || tags.id !== metadata.id)
      throw new Error(`${key} has metadata ${metadata.id}, tags ${tags.id} and content ${content.slice(0, 20)}`)
    const isWhole = etag === md5(content) || etag === etagOfParts(content)
    if (!isWhole) throw new Error(`${key} has the entity tag ${etag}`)
    return { id, tags: id }
  }
}

async function listed<T>(
  store: ObjectStore,
  of: (object: { key: string; size: number; lastModifiedMs: number }) => T,
): Promise<T[]> {
  const page = await store.list('lab', { prefix: '', delimiter: '', after: '', limit: 1000 })
  if (isObjectRefusal(page)) throw new Error(page.message)
  return page.objects.map(of)
}

function md5(content: string | Buffer): string {
  return createHash('md5').update(content).digest('hex')
}

function etagOfParts(content: string): string {
  const parts = cutsOf(content).map(([from, to]) => Buffer.from(md5(content.slice(from, to)), 'hex'))
  return `${md5(Buffer.concat(parts))}-2`
}
