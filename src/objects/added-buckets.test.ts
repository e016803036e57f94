/** The list of added directories is read again while the server runs. */
import { expect, test } from 'vitest'
import { AddedBuckets, asTaken } from './added-buckets.ts'
import { bucketExists, noSuchBucket } from './known-refusals.ts'
import type { ServedBucket } from './served-buckets.ts'

const bucket = (name: string, more: Partial<ServedBucket> = {}): ServedBucket => ({
  ...{ name, directory: `/data/${name}`, readOnly: false },
  ...more,
})

/** Notes what the store is asked, and serves what it is given. */
function world(serving: readonly ServedBucket[], problems: Record<string, string> = {}) {
  let list = serving
  const calls: string[] = []
  const names = new Set(['of-a-user', ...serving.map(({ name }) => name)])
  const added = new AddedBuckets({
    list: () => list,
    serving,
    store: {
      bucket: (name) => (names.has(name) ? { name, createdAtMs: 0, owner: '', readOnly: false } : undefined),
      async serve({ name, directory, readOnly, owner }) {
        calls.push(`serve ${name} ${directory}${readOnly ? ' read-only' : ''} for "${owner}"`)
        if (name === 'breaks') throw new Error('no space left')
        if (name === 'raced') return bucketExists(false, name)
        names.add(name)
        return undefined
      },
      stopServing(name) {
        calls.push(`stop ${name}`)
        return names.delete(name) ? undefined : noSuchBucket(name)
      },
    },
    taken: [{ directory: '/var/openbatch', what: 'the data directory' }],
    async problemOf({ directory }, taken) {
      calls.push(`look at ${directory} beside ${taken.map(({ what }) => what).join(', ')}`)
      return problems[directory]
    },
    log: { info: () => {}, warn: () => {} },
  })
  return {
    added,
    calls,
    async reread(...buckets: ServedBucket[]) {
      list = buckets
      calls.length = 0
      return await added.reread()
    },
  }
}

test('what is new is served, and what is gone is not', async () => {
  const { calls, reread } = world([bucket('old')])
  expect(await reread(bucket('old'), bucket('new', { readOnly: true }))).toEqual({
    served: ['old', 'new'],
    refused: [],
  })
  expect(calls).toEqual([
    'look at /data/new beside the data directory, the bucket old',
    'serve new /data/new read-only for ""',
  ])
  expect(await reread(bucket('new', { readOnly: true }))).toEqual({ served: ['new'], refused: [] })
  expect(calls).toEqual(['stop old'])
  expect(await reread(bucket('new', { readOnly: true }))).toEqual({ served: ['new'], refused: [] })
  expect(calls).toEqual([])
})

test('a directory that was changed in the list is served anew', async () => {
  const { calls, reread } = world([bucket('one')])
  await reread(bucket('one', { readOnly: true }))
  expect(calls).toEqual([
    'stop one',
    'look at /data/one beside the data directory',
    'serve one /data/one read-only for ""',
  ])
})

test('a directory that cannot be served is refused, and keeps no other from it', async () => {
  const { reread } = world([], { '/data/bad': 'is no directory' })
  const all = ['bad', 'of-a-user', 'raced', 'breaks', 'good'].map((name) => bucket(name))
  const thereIs = (name: string) =>
    `there is a bucket ${name} already, which is in the configuration or was made by a user`
  expect(await reread(...all)).toEqual({
    served: ['good'],
    refused: [
      { name: 'bad', why: '/data/bad is no directory' },
      { name: 'of-a-user', why: thereIs('of-a-user') },
      { name: 'raced', why: thereIs('raced') },
      { name: 'breaks', why: '/data/breaks cannot be served: no space left' },
    ],
  })
})

test('calls take turns', async () => {
  const { added, calls } = world([])
  const list = [bucket('one')]
  const twice = new AddedBuckets({
    ...{ list: () => list, serving: [], taken: [], log: { info: () => {}, warn: () => {} } },
    problemOf: async () => undefined,
    store: {
      bucket: () => undefined,
      async serve({ name }) {
        calls.push(`begin ${name}`)
        await added.reread()
        calls.push(`end ${name}`)
        return undefined
      },
      stopServing: () => undefined,
    },
  })
  const answers = await Promise.all([twice.reread(), twice.reread()])
  expect(answers.map(({ served }) => served)).toEqual([['one'], ['one']])
  expect(calls).toEqual(['begin one', 'end one'])
})

test('a bucket is named in messages', () => {
  expect(asTaken(bucket('one'))).toEqual({ directory: '/data/one', what: 'the bucket one' })
})
