/** Looks at all versions that are there, and then writes versions until it is killed. */
import { createHash } from 'node:crypto'
import { readdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { isObjectRefusal, type ObjectRefusal } from '../object-refusal.ts'
import type { ListedVersion } from '../object-store.ts'
import { contentOf, cutsOf, idOf, SeededRandom } from './crash-states.testing.ts'
import { codeOf } from './descriptors.ts'
import { FileObjectStore } from './file-object-store.ts'
import type { SeenKey, SeenVersion, VersionLine, VersionOrder, VersionWork } from './version-crash-states.testing.ts'

const order = JSON.parse(process.argv[2]!) as VersionOrder
const root = join(order.folder, 'objects')
const random = new SeededRandom(order.seed)
let [isArmed, left, lastId] = [false, order.count, order.firstId]

const store = await FileObjectStore.open({
  ...{ root, indexPath: join(order.folder, 'objects.sqlite'), leastFreeBytes: 0 },
  settingsDirectory: join(order.folder, 'object-settings'),
  ...{ log: { warn: () => {} }, smallestPartBytes: 1, etags: { restMs: 20 } },
  pass: (name) => {
    if (isArmed && name === order.failpoint && --left === 0) process.kill(process.pid, 'SIGKILL')
  },
})
if (!store.bucket('lab')) wanted(await store.createBucket('lab', 'jdoe'))
await store.changeSettings('lab', { versioning: order.state })

function say(line: VersionLine): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
  for (let at = 0; at < bytes.length; )
    try {
      at += writeSync(1, bytes, at)
    } catch (error) {
      // The other process is slower.
      if (codeOf(error) !== 'EAGAIN') throw error
    }
}

function wanted<T>(answer: T | ObjectRefusal): T {
  if (isObjectRefusal(answer)) throw new Error(`${answer.code}: ${answer.message}`)
  return answer
}

async function* body(id: number, from = 0, to = Number.POSITIVE_INFINITY) {
  yield Buffer.from(contentOf(id).slice(from, to))
}

const describe = (id: number) => ({ headers: {}, metadata: { id: `${id}` }, tags: {} })

async function seen(listed: ListedVersion): Promise<SeenVersion> {
  const { key, versionId } = listed
  if (listed.isDeleteMarker) return { versionId, id: null }
  const open = wanted(await store.open({ bucket: 'lab', key, versionId }))
  const pieces: Uint8Array[] = []
  for await (const piece of open.read()) pieces.push(Uint8Array.from(piece))
  await open.close()
  const content = Buffer.concat(pieces).toString()
  const id = idOf(content)
  const { etag, metadata } = open.facts
  const isWhole = etag === createHash('md5').update(content).digest('hex') || etag.includes('-')
  const isDescribed = metadata.id === `${id}` || metadata.id === undefined
  if (id === undefined || !isWhole || !isDescribed) throw new Error(`${key} ${versionId} is broken: ${etag}`)
  return { versionId, id }
}

/** What is listed is what is read, and the start left nothing. */
async function look(): Promise<void> {
  const left = readdirSync(join(root, 'lab/.openbatch/new'))
  if (left.length > 0) throw new Error(`left among the new files: ${left}`)
  const all = { prefix: '', delimiter: '', afterKey: '', afterVersionId: '', limit: 100_000 }
  const keys = new Map<string, SeenKey>()
  for (const listed of wanted(await store.listVersions('lab', all)).versions) {
    const { key, versionId, isLatest } = listed
    const known = keys.get(key) ?? { key, versions: [], latest: undefined }
    const version = await seen(listed)
    keys.set(key, {
      ...{ key, versions: [...known.versions, version] },
      latest: isLatest ? versionId : known.latest,
    })
    const current = isLatest ? await store.head({ bucket: 'lab', key }) : undefined
    const found = isObjectRefusal(current) ? current.deleteMarker?.versionId : current?.versionId
    if (isLatest && found !== versionId) throw new Error(`${key} is listed as ${versionId} and read as ${found}`)
  }
  say({ kind: 'found', keys: [...keys.values()] })
}

async function carryOut(work: VersionWork): Promise<string> {
  const of = { bucket: 'lab', key: work.key }
  if (work.kind === 'put') return wanted(await store.put(of, body(work.id), describe(work.id))).facts.versionId!
  if (work.kind === 'delete') return wanted(await store.delete(of)).versionId!
  if (work.kind === 'remove') return wanted(await store.delete({ ...of, versionId: work.versionId })).versionId!
  const begun = wanted(await store.createUpload(of, { ...describe(work.id), owner: 'jdoe' }))
  const parts = []
  for (const [at, [from, to]] of cutsOf(contentOf(work.id)).entries())
    parts.push(wanted(await store.putPart(begun, at + 1, body(work.id, from, to), { expected: { size: to - from } })))
  return wanted(await store.completeUpload(begun, { parts })).facts.versionId!
}

async function done(work: VersionWork): Promise<string> {
  say({ kind: 'begin', work })
  const versionId = await carryOut(work)
  say({ kind: 'end', key: work.key, versionId })
  return versionId
}

async function write(key: string): Promise<void> {
  const own: string[] = []
  for (;;) {
    const kind = random.one(['put', 'put', 'complete', 'delete', 'remove', 'remove'] as const)
    if (kind === 'put' || kind === 'complete') own.push(await done({ kind, key, id: ++lastId }))
    else if (kind === 'delete') own.push(await done({ kind, key }))
    else if (own.length > 0) {
      // Mostly the latest one, which another one replaces.
      const at = random.below(3) === 0 ? random.below(own.length) : own.length - 1
      await done({ kind, key, versionId: own.splice(at, 1)[0]! })
    }
  }
}

await look()
isArmed = true
if (order.keys.length > 0) {
  for (const work of order.again) await done(work)
  for (const upload of wanted(
    await store.listUploads('lab', { prefix: '', delimiter: '', afterKey: '', afterUploadId: '', limit: 1000 }),
  ).uploads)
    await store.abortUpload(upload)
  await Promise.all(order.keys.map(write))
}
await store.close()
