/**
 * Kills a process that writes versions, again and again. What the next one finds must be what was
 * acknowledged, with or without the one change of each key that was under way: no version is lost,
 * doubled or broken.
 */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { ObjectFailpoint } from './failpoints.ts'
import { FileStoreUnderTest } from './file-store.testing.ts'
import type { SeenKey, SeenVersion, VersionLine, VersionOrder, VersionWork } from './version-crash-states.testing.ts'

export interface VersionRound {
  readonly seed: number
  /** Undefined: at any time. */
  readonly failpoint: ObjectFailpoint | undefined
  readonly count: number
  readonly state?: 'Enabled' | 'Suspended'
  /** The index is removed before the process starts. */
  readonly withoutIndex?: boolean
}

const keys = ['a', 'a/b', 'dir/x', 'dir//']

export class VersionCrashCampaign {
  readonly #files = new FileStoreUnderTest()
  readonly #kept = new Map<string, readonly SeenVersion[]>()
  readonly #underWay = new Map<string, VersionWork>()
  #found: readonly SeenKey[] = []
  #state: 'Enabled' | 'Suspended' = 'Enabled'
  #lastId = 0
  /** Changes that were acknowledged. */
  steps = 0

  async round({ withoutIndex = false, state = 'Enabled', ...round }: VersionRound): Promise<void> {
    if (withoutIndex) this.#loseIndex()
    const again = [...this.#underWay.values()].filter(({ kind }) => kind === 'remove')
    await this.#run({ ...round, folder: this.#files.folder, firstId: this.#lastId, state, keys, again })
  }

  /** Looks at what the last round left, and finds the same when the index is gone. */
  async end(): Promise<void> {
    const none = { seed: 0, failpoint: undefined, count: 1, firstId: 0, keys: [], again: [] }
    const look = () => this.#run({ ...none, state: this.#state, folder: this.#files.folder })
    await look()
    const before = JSON.stringify(this.#found)
    this.#loseIndex()
    await look()
    const after = JSON.stringify(this.#found)
    if (before !== after) throw new Error(`without the index, ${before} became ${after}`)
  }

  remove(): Promise<void> {
    return this.#files.remove()
  }

  #loseIndex(): void {
    for (const end of ['', '-wal', '-shm']) rmSync(join(this.#files.folder, `objects.sqlite${end}`), { force: true })
  }

  async #run(order: VersionOrder): Promise<void> {
    const script = join(import.meta.dirname, 'version-crash-child.testing.ts')
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_COMPILE_CACHE: join(this.#files.folder, 'compiled') },
    })
    let timer: NodeJS.Timeout | undefined
    let problem: unknown
    createInterface({ input: child.stdout }).on('line', (text) => {
      try {
        const line = JSON.parse(text) as VersionLine
        this.#take(line, order)
        // A failpoint that is not passed often enough ends the round as well.
        if (line.kind === 'found' && order.keys.length > 0)
          timer = setTimeout(() => child.kill('SIGKILL'), order.failpoint ? 4000 : order.seed % 200)
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
    if (problem) throw problem
    if (signal !== (order.keys.length > 0 ? 'SIGKILL' : 0)) throw new Error(`the process ended: ${errors}`)
  }

  #take(line: VersionLine, order: VersionOrder): void {
    if (line.kind === 'found') {
      this.#compare(line.keys)
      this.#found = line.keys
      this.#state = order.state
    } else if (line.kind === 'begin') {
      this.#underWay.set(line.work.key, line.work)
      if ('id' in line.work) this.#lastId = Math.max(this.#lastId, line.work.id)
    } else {
      const work = this.#underWay.get(line.key)!
      this.#kept.set(line.key, after(this.#kept.get(line.key) ?? [], work, line.versionId))
      this.#underWay.delete(line.key)
      this.steps++
    }
  }

  #compare(found: readonly SeenKey[]): void {
    const all = new Map(found.map((one) => [one.key, one]))
    for (const key of new Set([...this.#kept.keys(), ...this.#underWay.keys(), ...all.keys()])) {
      const seen = all.get(key) ?? { key, versions: [], latest: undefined }
      const kept = this.#kept.get(key) ?? []
      const work = this.#underWay.get(key)
      const possible = [kept, ...(work ? [after(kept, work, newIdIn(seen, kept, this.#state))] : [])]
      const isPossible =
        possible.some((versions) => isLike(versions, seen)) || (work?.kind === 'remove' && isHalf(possible, seen))
      if (!isPossible) throw new Error(`${key}: ${difference(kept, seen)} after ${JSON.stringify(work)}`)
      // A removal goes on in the next round.
      if (work?.kind !== 'remove') this.#underWay.delete(key)
      this.#kept.set(key, possible.find((versions) => isLike(versions, seen)) ?? kept)
    }
  }
}

function after(kept: readonly SeenVersion[], work: VersionWork, versionId: string): readonly SeenVersion[] {
  const own = work.kind === 'remove' ? work.versionId : versionId
  const others = kept.filter((one) => one.versionId !== own)
  return work.kind === 'remove' ? others : [{ versionId, id: 'id' in work ? work.id : null }, ...others]
}

/** The id of a version that was made and not acknowledged. */
function newIdIn({ versions }: SeenKey, kept: readonly SeenVersion[], state: string): string {
  if (state === 'Suspended') return 'null'
  return versions.find(({ versionId }) => kept.every((one) => one.versionId !== versionId))?.versionId ?? 'none'
}

function isLike(versions: readonly SeenVersion[], seen: SeenKey): boolean {
  return JSON.stringify(versions) === JSON.stringify(seen.versions) && seen.latest === versions[0]?.versionId
}

/** A key has a thousand versions in the end, of which most are as they were. */
function difference(kept: readonly SeenVersion[], { versions, latest }: SeenKey): string {
  const without = (some: readonly SeenVersion[], others: readonly SeenVersion[]) =>
    some.filter((one) => others.every(({ versionId }) => versionId !== one.versionId))
  const [top, were] = [versions.slice(0, 3), kept.slice(0, 3)]
  return JSON.stringify({ latest, top, were, more: without(versions, kept), gone: without(kept, versions) })
}

/** The version that is being removed is there, and another one is current already. */
function isHalf(possible: readonly (readonly SeenVersion[])[], seen: SeenKey): boolean {
  const [kept = [], next = []] = possible
  const sorted = (versions: readonly SeenVersion[]) => versions.map((one) => JSON.stringify(one)).sort()
  const isAll = JSON.stringify(sorted(kept)) === JSON.stringify(sorted(seen.versions))
  return isAll && seen.latest === (next[0]?.id === null ? undefined : next[0]?.versionId)
}
