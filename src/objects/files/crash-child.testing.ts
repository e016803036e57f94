/**
 * Looks at the objects that are there, and then writes objects until it is killed. Says on standard
 * output what it begins and what it has done, a line each: nothing that is done may be lost.
 */
import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { isObjectRefusal, type ObjectRefusal } from '../object-refusal.ts'
import type { ObjectName } from '../object-store.ts'
import { CrashLook } from './crash-look.testing.ts'
import {
  type CrashLine,
  type CrashOrder,
  type CrashWork,
  contentOf,
  cutsOf,
  SeededRandom,
  type StartedUpload,
} from './crash-states.testing.ts'
import { FileObjectStore } from './file-object-store.ts'

const order = JSON.parse(process.argv[2]!) as CrashOrder
const root = join(order.folder, 'objects')
const random = new SeededRandom(order.seed)
let isArmed = order.whileStarting
let left = order.count
let lastId = order.firstId

const store = await FileObjectStore.open({
  ...{ root, indexPath: join(order.folder, 'objects.sqlite'), leastFreeBytes: 0 },
  settingsDirectory: join(order.folder, 'object-settings'),
  ...{ log: { warn: () => {} }, smallestPartBytes: 1, etags: { restMs: 20 } },
  pass: (name) => {
    if (isArmed && name === order.failpoint && --left === 0) process.kill(process.pid, 'SIGKILL')
  },
})
if (!store.bucket('lab')) wanted(await store.createBucket('lab', 'jdoe'))

function say(line: CrashLine): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

function wanted<T>(answer: T | ObjectRefusal): T {
  if (isObjectRefusal(answer)) throw new Error(`${answer.code}: ${answer.message}`)
  return answer
}

const describe = (id: number) => ({ headers: {}, metadata: { id: `${id}` }, tags: { id: `${id}` } })

async function* body(id: number, from = 0, to = Number.POSITIVE_INFINITY) {
  yield Buffer.from(contentOf(id).slice(from, to))
}

async function upload(of: ObjectName, id: number): Promise<void> {
  const begun = wanted(await store.createUpload(of, { ...describe(id), owner: 'jdoe' }))
  const parts = []
  for (const [at, [from, to]] of cutsOf(contentOf(id)).entries())
    parts.push(wanted(await store.putPart(begun, at + 1, body(id, from, to), { expected: { size: to - from } })))
  const started = { key: of.key, id, uploadId: begun.uploadId, parts }
  say({ kind: 'uploaded', upload: started })
  await complete(started)
}

async function complete({ key, uploadId, parts }: StartedUpload): Promise<void> {
  wanted(await store.completeUpload({ bucket: 'lab', key, uploadId }, { parts }))
}

async function copy(of: ObjectName, id: number): Promise<void> {
  const from = { bucket: 'lab', key: `source of ${of.key}` }
  wanted(await store.put(from, body(id), { headers: {}, metadata: {}, tags: {} }))
  wanted(await store.copy(from, of, { description: describe(id) }))
  wanted(await store.delete(from))
}

async function work(keys: readonly string[]): Promise<void> {
  for (;;) {
    const key = random.one(keys)
    const of = { bucket: 'lab', key }
    const kind = random.one<CrashWork>(['delete', 'put', 'copy', 'complete'])
    const id = ++lastId
    say({ kind: 'begin', work: kind, key, becomes: kind === 'delete' ? null : { id, isDescribed: true } })
    if (kind === 'delete') wanted(await store.delete(of))
    else if (kind === 'put') wanted(await store.put(of, body(id), describe(id)))
    else if (kind === 'copy') await copy(of, id)
    else await upload(of, id)
    say({ kind: 'end', key })
  }
}

/** What was uploaded before the crash can still be completed, or was. The rest is given up. */
async function resume(): Promise<void> {
  for (const started of order.uploads) {
    say({ kind: 'begin', work: 'complete', key: started.key, becomes: { id: started.id, isDescribed: true } })
    await complete(started)
    say({ kind: 'end', key: started.key })
  }
  const all = { prefix: '', delimiter: '', afterKey: '', afterUploadId: '', limit: 1000 }
  for (const each of wanted(await store.listUploads('lab', all)).uploads) await store.abortUpload(each)
}

const look = new CrashLook(store, root)
await look.leftovers()
say({ kind: 'found', states: await look.states(order.keys) })
// Otherwise a process that is killed keeps nothing for the next one.
flushCompileCache()
isArmed = true
if (order.writers.length > 0) {
  await resume()
  await Promise.all(order.writers.map(work))
}
say({
  kind: 'listed',
  objects: (await look.listed()).map(({ key, size, lastModifiedMs, etag }) => [key, size, lastModifiedMs, etag]),
})
await store.close()
