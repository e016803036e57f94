/** Lifecycle rules are applied once a day, whatever happens to objects, rules and servers meanwhile. */
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { bodyOf, plain, wanted } from '../../objects/contract/store-case.contract.ts'
import { FileStoreUnderTest } from '../../objects/files/file-store.testing.ts'
import type { LifecycleRule } from '../../objects/lifecycle/lifecycle-rule.ts'
import { MemoryObjectStore } from '../../objects/memory-object-store.testing.ts'
import { isObjectRefusal } from '../../objects/object-refusal.ts'
import type { SurveyQuery } from '../../objects/object-store.ts'
import type { ExpiringStore } from './expiry-work.ts'
import { ObjectExpiry } from './object-expiry.ts'

const minuteMs = 60_000
const dayMs = 86_400_000
const everyMs = 10 * minuteMs
const noon = Date.UTC(2026, 10, 27, 12)

let clock: { nowMs: number }
let store: MemoryObjectStore
let kept: string | undefined
beforeEach(async () => {
  clock = { nowMs: noon }
  store = new MemoryObjectStore({ now: () => clock.nowMs, smallestPartBytes: 1 })
  kept = undefined
  wanted(await store.createBucket('lab', 'jdoe'))
})

const rule = (more: Partial<LifecycleRule>): LifecycleRule => ({
  ...{ id: 'r', isEnabled: true, form: 'filter', filter: {} },
  ...more,
})
const days = (count: number, prefix = ''): LifecycleRule =>
  rule({ id: `${count}`, filter: { prefix }, expiration: { kind: 'days', days: count } })
const setRules = (lifecycle: LifecycleRule[] | undefined, bucket = 'lab') => store.changeSettings(bucket, { lifecycle })

async function put(key: string, text = 'x', tags = {}, bucket = 'lab'): Promise<void> {
  wanted(await store.put({ bucket, key }, bodyOf(text), { ...plain, tags }))
}

async function keys(bucket = 'lab'): Promise<string[]> {
  const page = wanted(await store.list(bucket, { prefix: '', delimiter: '', after: '', limit: 1000 }))
  return page.objects.map(({ key }) => key)
}

interface Run {
  readonly rounds?: number
  readonly on?: ExpiringStore
  readonly stepMs?: number
  /** Ends the service while a round is under way. */
  readonly stopping?: AbortSignal
}

/** Runs so many rounds. The clock advances by each interval. */
async function run({ rounds = 1, on = store, stepMs = everyMs, stopping }: Run = {}) {
  const warn = vi.fn()
  const log = Object.assign(pino({ level: 'silent' }), { warn })
  let done = () => {}
  const finished = new Promise<void>((resolve) => {
    done = resolve
  })
  stopping?.addEventListener('abort', done)
  let left = rounds
  const expiry = new ObjectExpiry({
    ...{ store: on, now: () => clock.nowMs, log },
    note: {
      read: () => kept,
      write: (text) => {
        kept = text
      },
    },
    wait: async (ms, signal) => {
      if (ms !== everyMs) return
      if (--left > 0) {
        clock.nowMs += stepMs
        return
      }
      done()
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    },
  })
  expiry.start()
  await finished
  await expiry.stop()
  return { ended: expiry.ended, warn }
}

/** The store with another way to be looked at. */
function surveyedBy(survey: ExpiringStore['survey'], more: Partial<ExpiringStore> = {}): ExpiringStore {
  return {
    ...{ buckets: () => store.buckets(), settings: (name) => store.settings(name), survey },
    delete: (...args) => store.delete(...args),
    head: (...args) => store.head(...args),
    listVersions: (...args) => store.listVersions(...args),
    listUploads: (...args) => store.listUploads(...args),
    abortUpload: (...args) => store.abortUpload(...args),
    ...more,
  }
}

describe('objects', () => {
  test('end at the midnight after their days, and others stay', async () => {
    await setRules([days(10, 'delete10/'), days(30, 'delete30/')])
    for (const key of ['delete10/a', 'delete10/b/c', 'delete30/a', 'kept']) await put(key)
    clock.nowMs = Date.UTC(2026, 11, 7, 23, 59)
    expect((await run()).ended.object).toBe(0)
    clock.nowMs = Date.UTC(2026, 11, 8)
    expect((await run()).ended.object).toBe(2)
    expect(await keys()).toEqual(['delete30/a', 'kept'])
  })

  test('end by their tags and sizes', async () => {
    await setRules([
      rule({ expiration: { kind: 'date', atMs: 0 }, filter: { tags: { keep: 'no' }, sizeGreaterThan: 1 } }),
    ])
    await put('small', 'x', { keep: 'no' })
    await put('large', 'xx', { keep: 'no' })
    await put('kept', 'xx', { keep: 'yes' })
    await run()
    expect(await keys()).toEqual(['kept', 'small'])
  })

  test('stay when somebody writes them between the look and the deletion', async () => {
    await setRules([days(1)])
    await put('replaced')
    await put('old')
    clock.nowMs += 3 * dayMs
    async function* survey(bucket: string, query: SurveyQuery) {
      for await (const piece of store.survey(bucket, query)) {
        await put('replaced')
        yield piece
      }
    }
    expect((await run({ on: surveyedBy(survey) })).ended.object).toBe(1)
    expect(await keys()).toEqual(['replaced'])
  })

  test('stay when the rules are withdrawn meanwhile', async () => {
    await setRules([days(1)])
    for (const key of ['a', 'b']) await put(key)
    clock.nowMs += 3 * dayMs
    async function* survey(bucket: string, query: SurveyQuery) {
      for await (const piece of store.survey(bucket, query)) {
        yield piece.slice(0, 1)
        await setRules(undefined)
        yield piece.slice(1)
      }
    }
    await run({ on: surveyedBy(survey) })
    expect(await keys()).toEqual(['b'])
  })

  test('of a bucket that can only be read stay', async () => {
    await setRules([days(1)])
    await put('a')
    clock.nowMs += 3 * dayMs
    const survey = vi.fn()
    const readOnly = () => store.buckets().map((bucket) => ({ ...bucket, readOnly: true }))
    await run({ on: surveyedBy(survey, { buckets: readOnly }) })
    expect(survey).not.toHaveBeenCalled()
  })

  test('that cannot be deleted keep no others from it, and the log says so once', async () => {
    await setRules([days(1)])
    for (const key of ['a', 'b', 'c']) await put(key)
    clock.nowMs += 3 * dayMs
    const failing: ExpiringStore['delete'] = (of, how) =>
      of.key === 'b' ? store.delete(of, how) : Promise.reject(new Error('no disk'))
    const on = surveyedBy((...args) => store.survey(...args), { delete: failing })
    const { ended, warn } = await run({ on, rounds: 3 })
    expect([ended.object, await keys()]).toEqual([1, ['a', 'c']])
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      { bucket: 'lab', failed: 2, err: new Error('no disk') },
      'some objects have expired and cannot be deleted',
    )
  })
})

describe('versions', () => {
  const noncurrent = (more: object = {}, filter = {}) =>
    rule({ id: 'n', filter, noncurrentExpiration: { days: 60, ...more } })
  const markers = rule({ id: 'm', expiration: { kind: 'markers' } })
  const remove = async (key: string) => wanted(await store.delete({ bucket: 'lab', key }))
  /** Keys, with `!` for a delete marker, from the newest version on. */
  const versions = async () => {
    const query = { prefix: '', delimiter: '', afterKey: '', afterVersionId: '', limit: 5000 }
    const page = wanted(await store.listVersions('lab', query))
    return page.versions.map(({ key, isDeleteMarker }) => (isDeleteMarker ? `${key}!` : key))
  }
  beforeEach(() => store.changeSettings('lab', { versioning: 'Enabled' }))

  test('that are not current end some days after the next one took their place', async () => {
    await setRules([noncurrent()])
    for (const key of ['a', 'a', 'b']) await put(key)
    clock.nowMs += 50 * dayMs
    await put('a')
    await remove('b')
    clock.nowMs = Date.UTC(2027, 0, 27)
    expect((await run()).ended).toEqual({ object: 0, version: 1, marker: 0, upload: 0 })
    expect(await versions()).toEqual(['a', 'a', 'b!', 'b'])
    clock.nowMs += 365 * dayMs
    await run({ rounds: 2, stepMs: dayMs })
    expect(await versions()).toEqual(['a', 'b!'])
  })

  test('stay if a rule keeps so many of the newest, across pages', async () => {
    await setRules([noncurrent({ newerVersions: 3 })])
    for (let count = 0; count < 1200; count++) await put('a')
    clock.nowMs += 62 * dayMs
    expect((await run()).ended.version).toBe(1196)
    expect(await versions()).toEqual(['a', 'a', 'a', 'a'])
  })

  test('end by their own tags and sizes, which delete markers do not have', async () => {
    await setRules([noncurrent({}, { tags: { keep: 'no' }, sizeLessThan: 3 })])
    await put('a', 'x', { keep: 'no' })
    await put('a', 'xxx', { keep: 'no' })
    await put('a', 'x', { keep: 'yes' })
    await remove('a')
    await put('a', 'x', { keep: 'no' })
    clock.nowMs += 62 * dayMs
    expect((await run()).ended).toEqual({ object: 0, version: 1, marker: 0, upload: 0 })
    expect(await versions()).toEqual(['a', 'a!', 'a', 'a'])
  })

  test('that become current again, because newer ones are deleted, stay', async () => {
    await setRules([noncurrent()])
    await put('a', 'first')
    const { versionId } = wanted(await store.put({ bucket: 'lab', key: 'a' }, bodyOf('second'), plain)).facts
    clock.nowMs += 62 * dayMs
    const listVersions: ExpiringStore['listVersions'] = async (...args) => {
      const page = await store.listVersions(...args)
      await store.delete({ bucket: 'lab', key: 'a', versionId })
      return page
    }
    await run({ on: surveyedBy((...args) => store.survey(...args), { listVersions }) })
    expect(await keys()).toEqual(['a'])
  })

  test('are what an object becomes that expires, with a delete marker before it', async () => {
    await setRules([days(10), noncurrent(), markers])
    await put('a')
    clock.nowMs += 11 * dayMs
    expect((await run()).ended.object).toBe(1)
    expect([await keys(), await versions()]).toEqual([[], ['a!', 'a']])
    clock.nowMs += 61 * dayMs
    await run({ rounds: 3, stepMs: dayMs })
    // The marker stood alone once the version had ended.
    expect(await versions()).toEqual([])
  })

  test('have delete markers that go when they stand alone', async () => {
    await setRules([markers])
    for (const key of ['a', 'b', 'c']) {
      await put(key)
      await remove(key)
    }
    const query = { prefix: '', delimiter: '', afterKey: '', afterVersionId: '', limit: 100 }
    for (const { key, versionId, isDeleteMarker } of wanted(await store.listVersions('lab', query)).versions)
      if (key !== 'b' && !isDeleteMarker) await store.delete({ bucket: 'lab', key, versionId })
    expect(await versions()).toEqual(['a!', 'b!', 'b', 'c!'])
    expect((await run()).ended).toEqual({ object: 0, version: 0, marker: 2, upload: 0 })
    expect(await versions()).toEqual(['b!', 'b'])
  })

  test('of a bucket without versioning are not looked for', async () => {
    await store.changeSettings('lab', { versioning: undefined })
    await setRules([noncurrent(), markers])
    const listVersions = vi.fn()
    await run({ on: surveyedBy((...args) => store.survey(...args), { listVersions }) })
    expect(listVersions).not.toHaveBeenCalled()
  })
})

test('uploads that nobody completes are given up, page by page', async () => {
  await setRules([rule({ abortUploadDays: 7, filter: { prefix: 'a' } })])
  const begin = async (key: string) =>
    wanted(await store.createUpload({ bucket: 'lab', key }, { ...plain, owner: 'jdoe' }))
  for (let number = 0; number < 1001; number++) await begin(`a${number}`)
  await begin('b')
  clock.nowMs += 8 * dayMs
  await begin('a-new')
  expect((await run()).ended).toEqual({ object: 0, version: 0, marker: 0, upload: 1001 })
  const query = { prefix: '', delimiter: '', afterKey: '', afterUploadId: '', limit: 10 }
  const left = wanted(await store.listUploads('lab', query))
  expect(left.uploads.map(({ key }) => key)).toEqual(['a-new', 'b'])
})

describe('a bucket is looked at', () => {
  const looked = () => {
    const survey = vi.fn((bucket: string, query: SurveyQuery) => store.survey(bucket, query))
    return { survey, on: surveyedBy(survey) }
  }

  test('once after each midnight', async () => {
    await setRules([days(1)])
    const { survey, on } = looked()
    await run({ on, rounds: 6 * 24 })
    // At noon, and after the midnight that followed.
    expect(survey).toHaveBeenCalledTimes(2)
  })

  test('soon after its rules changed, also by another server', async () => {
    await setRules([days(1)])
    const { survey, on } = looked()
    await run({ on })
    await run({ on })
    expect(survey).toHaveBeenCalledTimes(1)
    await setRules([days(2)])
    await run({ on })
    expect(survey).toHaveBeenCalledTimes(2)
  })

  test('only below the prefixes of its rules', async () => {
    await setRules([days(1, 'a/'), days(2, 'a/b'), days(3, 'c'), rule({ abortUploadDays: 1 })])
    const { survey, on } = looked()
    await run({ on })
    expect(survey.mock.calls.map(([, { prefix }]) => prefix)).toEqual(['a/', 'c'])
  })

  test('again if the server was stopped before the end', async () => {
    await setRules([days(1)])
    for (const key of ['a', 'b']) await put(key)
    clock.nowMs += 3 * dayMs
    const stopping = new AbortController()
    async function* survey(bucket: string, query: SurveyQuery) {
      for await (const piece of store.survey(bucket, query)) {
        yield piece.slice(0, 1)
        stopping.abort()
        await new Promise(setImmediate)
        yield piece.slice(1)
      }
    }
    await run({ on: surveyedBy(survey), stopping: stopping.signal })
    expect(await keys()).toEqual(['b'])
    await run()
    expect(await keys()).toEqual([])
  })

  test('although another one cannot be read', async () => {
    wanted(await store.createBucket('broken', 'jdoe'))
    for (const bucket of ['broken', 'lab']) {
      await setRules([days(1)], bucket)
      await put('a', 'x', {}, bucket)
    }
    clock.nowMs += 3 * dayMs
    const survey = (bucket: string, query: SurveyQuery) => {
      if (bucket === 'broken') throw new Error('no disk')
      return store.survey(bucket, query)
    }
    const { warn } = await run({ on: surveyedBy(survey) })
    expect(await keys()).toEqual([])
    expect(warn).toHaveBeenCalledTimes(1)
    // It is not taken for done.
    await run()
    expect(await keys('broken')).toEqual([])
  })
})

test('nothing ends for a day after a clock was set far ahead, and all is as before when it is set back', async () => {
  await setRules([days(10)])
  await put('a')
  await run()
  clock.nowMs += 3650 * dayMs
  await run({ rounds: 12 })
  expect(await keys()).toEqual(['a'])
  clock.nowMs = noon + dayMs
  await run()
  expect(await keys()).toEqual(['a'])
  clock.nowMs = noon + 10.5 * dayMs
  await run({ rounds: 2, stepMs: dayMs })
  expect(await keys()).toEqual([])
})

describe('files that people put into a directory', () => {
  let files: FileStoreUnderTest
  beforeEach(async () => {
    files = new FileStoreUnderTest()
    await files.open()
  })
  afterEach(() => files.remove())

  test('age by the time at which they were last changed', async () => {
    const directory = join(files.folder, 'scratch')
    mkdirSync(join(directory, 'delete10', 'old'), { recursive: true })
    for (const name of ['delete10/old/a', 'delete10/new', 'kept']) writeFileSync(join(directory, name), 'x')
    for (const name of ['delete10/old/a', 'kept']) utimesSync(join(directory, name), noon / 1000, noon / 1000 - 1e6)
    const nowS = noon / 1000
    utimesSync(join(directory, 'delete10/new'), nowS, nowS)
    expect(await files.store.serve({ name: 'scratch', directory, owner: '', readOnly: false })).toBeUndefined()
    await files.store.changeSettings('scratch', { lifecycle: [days(10, 'delete10/')] })
    expect((await run({ on: files.store })).ended.object).toBe(1)
    expect(readdirSync(join(directory, 'delete10'))).toEqual(['new'])
    expect(isObjectRefusal(await files.store.head({ bucket: 'scratch', key: 'kept' }))).toBe(false)
  })
})
