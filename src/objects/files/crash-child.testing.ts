/**
 * Writes objects until it is killed. Says on standard output what it begins and what it has done,
 * a line each: nothing that is done may be lost.
 */
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { isObjectRefusal } from '../object-refusal.ts'
import type { ObjectName } from '../object-store.ts'
import { type CrashStep, contentOf, cutsOf, type StateOfKey } from './crash-states.testing.ts'
import { FileObjectStore } from './file-object-store.ts'

const [folder, seed, failpoint, count, firstId] = process.argv.slice(2) as [string, string, string, string, string]

let left = Number(count)
const store = await FileObjectStore.open({
  ...{ root: join(folder, 'objects'), indexPath: join(folder, 'objects.sqlite'), leastFreeBytes: 0 },
  settingsDirectory: join(folder, 'object-settings'),
  ...{ log: { warn: () => {} }, smallestPartBytes: 1 },
  pass: (name) => {
    if (name === failpoint && --left === 0) process.kill(process.pid, 'SIGKILL')
  },
})
if (!store.bucket('lab')) await store.createBucket('lab', 'jdoe')

let state = Number(seed)
function random(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * below)
}

function say(step: CrashStep): void {
  writeSync(1, `${JSON.stringify(step)}\n`)
}

let lastId = Number(firstId)
const describe = (id: number) => ({ headers: {}, metadata: { id: `${id}` }, tags: { id: `${id}` } })

async function* body(id: number, from = 0, to = Number.POSITIVE_INFINITY) {
  yield Buffer.from(contentOf(id).slice(from, to))
}

async function upload(of: ObjectName, id: number): Promise<void> {
  const begun = await store.createUpload(of, { ...describe(id), owner: 'jdoe' })
  if (isObjectRefusal(begun)) throw new Error(begun.message)
  const parts = []
  for (const [at, [from, to]] of cutsOf(contentOf(id)).entries()) {
    const answer = await store.putPart(begun, at + 1, body(id, from, to), { expected: { size: to - from } })
    if (isObjectRefusal(answer)) throw new Error(answer.message)
    parts.push(answer)
  }
  const done = await store.completeUpload(begun, { parts })
  if (isObjectRefusal(done)) throw new Error(done.message)
}

async function work(keys: readonly string[]): Promise<void> {
  for (;;) {
    const key = keys[random(keys.length)]!
    const of = { bucket: 'lab', key }
    const what = random(10)
    const id = ++lastId
    const becomes: StateOfKey = what < 3 ? null : { id, tags: id }
    say({ kind: 'begin', key, becomes })
    if (what < 3) await store.delete(of)
    else if (what < 6) await store.put(of, body(id), describe(id))
    else if (what < 8) await upload(of, id)
    else {
      const from = { bucket: 'lab', key: `source-${keys[0]}` }
      await store.put(from, body(id), { headers: {}, metadata: {}, tags: {} })
      await store.copy(from, of, { description: describe(id) })
    }
    say({ kind: 'end', key })
  }
}

// Each key has one writer, and each writer has keys below and above those of another.
await Promise.all([work(['a', 'b/c', 'd//']), work(['a/b', 'b', 'd/']), work(['a/b/c', 'b/c/d', 'd'])])
