/**
 * Kills a process that writes objects, again and again. The process that is started next looks at
 * what is left: every object is the old one or the new one, whole, with what was said of it.
 */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ForeignProgram, sharedKeys } from './crash-foreign.testing.ts'
import type { CrashLine, CrashOrder, CrashWork, StartedUpload, StateOfKey } from './crash-states.testing.ts'
import type { ObjectFailpoint } from './failpoints.ts'
import { FileStoreUnderTest } from './file-store.testing.ts'

export interface CrashRound {
  readonly seed: number
  /** Undefined: at any time. */
  readonly failpoint: ObjectFailpoint | undefined
  readonly count: number
  /** The index is removed before the process starts. */
  readonly withoutIndex?: boolean
}

/** Each key has one writer, and each writer has keys below and above those of another. */
const writers = [
  ['a', 'b/c', 'd//'],
  ['a/b', 'b', 'd/'],
  ['a/b/c', 'b/c/d', 'd'],
]
const isShared = (key: string) => sharedKeys.some((shared) => key === shared)

export class CrashCampaign {
  readonly #files = new FileStoreUnderTest()
  readonly #foreign: ForeignProgram | undefined
  /** What each key may be. */
  readonly #possible = new Map<string, StateOfKey[]>()
  readonly #underWay = new Map<string, CrashWork>()
  readonly #uploads = new Map<string, StartedUpload>()
  #listed: (readonly (string | number)[])[] = []
  #lastId = 0
  /** Steps that were done before a kill, in all rounds. */
  steps = 0
  /** Looks at what a kill left. */
  looks = 0
  /** By failpoint: what was under way at each kill. */
  readonly kills = new Map<ObjectFailpoint | 'any time', CrashWork[][]>()

  /** With another program that edits the directory at the same time. */
  constructor({ foreign }: { readonly foreign?: number | undefined } = {}) {
    if (foreign !== undefined) this.#foreign = new ForeignProgram(join(this.#files.root, 'lab'), foreign)
  }

  /** Throws if something is wrong with what the round before left. */
  async round({ withoutIndex = false, ...round }: CrashRound): Promise<void> {
    if (withoutIndex) this.#loseIndex()
    const uploads = [...this.#uploads.values()]
    this.#uploads.clear()
    await this.#run({
      ...{ folder: this.#files.folder, firstId: this.#lastId, keys: [...this.#possible.keys()], uploads },
      ...{ writers: this.#foreign ? [...writers, sharedKeys] : writers, whileStarting: withoutIndex, ...round },
    })
  }

  /** Looks at what the last round left, and lists the same objects when the index is gone. */
  async end(): Promise<void> {
    const none = { seed: 0, failpoint: undefined, count: 1, whileStarting: false, firstId: 0, uploads: [], writers: [] }
    const order = () => ({ ...none, folder: this.#files.folder, keys: [...this.#possible.keys()] })
    await this.#run(order())
    const before = this.#listed
    this.#loseIndex()
    await this.#run(order())
    const lines = (listed: typeof before) =>
      listed.map(([key, size, time, etag], at) => {
        // Only the index knows of parts.
        const hadParts = String(before[at]?.[3]).includes('-')
        return JSON.stringify([key, size, time, hadParts ? 'parts' : etag])
      })
    const [had, has] = [lines(before), lines(this.#listed)]
    if (had.join('\n') !== has.join('\n')) throw new Error(`without the index, the listing ${had} became ${has}`)
  }

  remove(): Promise<void> {
    return this.#files.remove()
  }

  #loseIndex(): void {
    for (const end of ['', '-wal', '-shm']) rmSync(join(this.#files.folder, `objects.sqlite${end}`), { force: true })
    this.#uploads.clear()
    for (const [key, states] of this.#possible)
      this.#possible.set(
        key,
        states.map((state) => state && { ...state, isDescribed: false }),
      )
  }

  async #run(order: CrashOrder): Promise<void> {
    const script = join(import.meta.dirname, 'crash-child.testing.ts')
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_COMPILE_CACHE: join(this.#files.folder, 'compiled') },
    })
    let timer: NodeJS.Timeout | undefined
    let isByTimer = false
    let problem: unknown
    const killed = (afterMs: number) => {
      timer = setTimeout(() => {
        isByTimer = true
        child.kill('SIGKILL')
      }, afterMs)
    }
    createInterface({ input: child.stdout }).on('line', (text) => {
      try {
        const line = JSON.parse(text) as CrashLine
        this.#take(line)
        if (line.kind !== 'found' || order.writers.length === 0) return
        this.#foreign?.start((key, id) => this.#may(key, id === undefined ? null : { id, isDescribed: false }))
        // A failpoint that is not passed often enough ends the round as well.
        killed(order.failpoint ? 4000 : order.seed % 200)
      } catch (error) {
        problem ??= error
        child.kill('SIGKILL')
      }
    })
    let errors = ''
    child.stderr.on('data', (bytes) => {
      errors += bytes
    })
    const signal = await new Promise((resolve) => child.on('close', (code, how) => resolve(how ?? code)))
    clearTimeout(timer)
    await this.#foreign?.stop()
    if (problem) throw problem
    if (signal !== (order.writers.length > 0 ? 'SIGKILL' : 0)) throw new Error(`the process ended: ${errors}`)
    if (order.writers.length > 0) this.#count(isByTimer ? 'any time' : order.failpoint!)
  }

  #count(failpoint: ObjectFailpoint | 'any time'): void {
    this.kills.set(failpoint, [...(this.kills.get(failpoint) ?? []), [...this.#underWay.values()]])
    this.#underWay.clear()
  }

  #take(line: CrashLine): void {
    switch (line.kind) {
      case 'found':
        this.#compare(line.states)
        break
      case 'listed':
        this.#listed = [...line.objects]
        break
      case 'begin':
        this.#underWay.set(line.key, line.work)
        this.#may(line.key, line.becomes)
        if (line.work === 'copy') this.#mayBeSource(`source of ${line.key}`, line.becomes!.id)
        this.#lastId = Math.max(this.#lastId, line.becomes?.id ?? 0) + 1
        break
      case 'uploaded':
        this.#uploads.set(line.upload.key, line.upload)
        break
      case 'end':
        this.#done(line.key)
    }
  }

  #may(key: string, state: StateOfKey): void {
    this.#possible.set(key, [...(this.#possible.get(key) ?? [null]), state])
  }

  /** A copy makes its source first, and removes it at the end. */
  #mayBeSource(key: string, id: number): void {
    this.#may(key, { id, isDescribed: false })
    this.#may(key, null)
  }

  #done(key: string): void {
    this.steps++
    this.#uploads.delete(key)
    if (this.#underWay.get(key) === 'copy') this.#possible.set(`source of ${key}`, [null])
    this.#underWay.delete(key)
    // The other program may have written later than a client, or before.
    if (isShared(key)) return
    this.#possible.set(key, this.#possible.get(key)!.slice(-1))
  }

  #compare(found: readonly (readonly [key: string, state: StateOfKey])[]): void {
    this.looks++
    const own = this.#foreign?.own ?? new Map<string, number>()
    for (const [key, state] of found) {
      const ownId = own.get(key)
      const possible = ownId === undefined ? this.#possible.get(key) : [{ id: ownId, isDescribed: false }]
      if (!possible?.some((one) => isSame(one, state, isShared(key))))
        throw new Error(`${key} is ${JSON.stringify(state)}, not one of ${JSON.stringify(possible)}`)
      if (this.#possible.has(key)) this.#possible.set(key, [state])
    }
    const keys = new Set(found.map(([key]) => key))
    for (const key of own.keys()) if (!keys.has(key)) throw new Error(`${key} of the other program is not there`)
  }
}

/** The other program touches shared files, and then nobody knows what was said of them. */
function isSame(possible: StateOfKey, found: StateOfKey, mayBeTouched: boolean): boolean {
  if (possible === null || found === null) return possible === found
  const isDescribed = possible.isDescribed === found.isDescribed || (mayBeTouched && !found.isDescribed)
  return possible.id === found.id && isDescribed
}
