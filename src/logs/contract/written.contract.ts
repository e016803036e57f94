/** Groups and streams that requests make, and what they put there. */
import { expect, test } from 'vitest'
import { limits } from '../../model/limits.ts'
import { isRefusal } from '../../model/refusal.ts'
import type { PutQuery } from '../log-store.ts'
import type { StoreCase } from './store-case.contract.ts'

const dayMs = 86_400_000
const made = { group: '/lab/doe', stream: 'run 1' }

export function writtenCases(on: StoreCase): void {
  const written = () => on.store.written
  const events = (...messages: string[]): PutQuery['events'] =>
    messages.map((message, n) => ({ timestamp: on.nowMs + n, message }))
  const make = async () => {
    expect(written().createGroup({ group: made.group, owner: 'doe' })).toBeUndefined()
    expect(await written().createStream({ ...made, owner: 'doe' })).toBeUndefined()
  }
  const messages = async () => (await on.get({ ...made, startFromHead: true })).events.map(({ message }) => message)

  test('a group and a stream that were made are there, empty, also after a restart', async () => {
    await make()
    await on.reopen()
    expect(await on.store.describeGroups({})).toMatchObject({
      groups: [{ group: made.group, storedBytes: expect.any(Number) }],
    })
    expect(await on.store.describeStreams({ group: made.group })).toMatchObject({
      streams: [{ stream: made.stream, isEmpty: true, owner: 'doe' }],
    })
    expect(await messages()).toEqual([])
    expect(await on.search({ group: made.group })).toEqual([])
    expect(await written().createStream({ ...made, owner: 'doe' })).toMatchObject({
      code: 'ResourceAlreadyExistsException',
    })
    expect(written().createGroup({ group: made.group, owner: 'doe' })).toMatchObject({
      code: 'ResourceAlreadyExistsException',
    })
  })

  test('events are read as those of jobs are, also after a restart', async () => {
    await make()
    expect(await written().put({ ...made, events: events('one', 'two') })).toEqual({})
    await on.reopen()
    on.nowMs += 10
    expect(await written().put({ ...made, events: events('three') })).toEqual({})
    expect(await messages()).toEqual(['one', 'two', 'three'])
    expect((await on.search({ group: made.group, filterPattern: 'two' })).map(({ message }) => message)).toEqual([
      'two',
    ])
    const page = await on.store.describeStreams({ group: made.group })
    expect(page).toMatchObject({ streams: [{ isEmpty: false, firstEventTimestamp: on.nowMs - 10 }] })
  })

  test('calls to one stream at once are stored one after the other', async () => {
    await make()
    const calls = ['a', 'b', 'c', 'd'].map((message) => written().put({ ...made, events: events(message) }))
    expect(await Promise.all(calls)).toEqual([{}, {}, {}, {}])
    expect(await messages()).toEqual(['a', 'b', 'c', 'd'])
  })

  test('too many calls that wait are refused', async () => {
    await make()
    const calls = Array.from({ length: 40 }, () => written().put({ ...made, events: events('x') }))
    const answers = await Promise.all(calls)
    const stored = answers.filter((answer) => !isRefusal(answer)).length
    expect(answers.filter(isRefusal).map(({ code }) => code)).toContain('ThrottlingException')
    expect(await messages()).toHaveLength(stored)
  })

  test('no request touches what a job writes', async () => {
    const job = { group: '/lab/doe', stream: `d/default/${'0'.repeat(32)}` }
    await make()
    await on.write(job.stream, [{ atMs: on.nowMs, message: 'of the job', cursor: '1' }], job.group, 'doe')
    const refused = { code: 'InvalidParameterException', message: expect.stringContaining('the output of jobs') }
    expect(await written().put({ ...job, events: events('mine') })).toMatchObject(refused)
    expect(await written().deleteStream(job)).toMatchObject(refused)
    expect(await written().deleteGroup({ group: job.group })).toMatchObject(refused)
    expect(await written().createStream({ ...job, stream: `x/${'a'.repeat(32)}`, owner: 'doe' })).toMatchObject(refused)
    expect(await written().createStream({ group: '/aws/batch/job', stream: 'x', owner: 'doe' })).toMatchObject(refused)
    expect((await on.get({ ...job, startFromHead: true })).events.map(({ message }) => message)).toEqual(['of the job'])
  })

  test('what one may not see is not there', async () => {
    await make()
    const owners = ['eve']
    expect(await written().put({ ...made, owners, events: events('x') })).toMatchObject({
      code: 'ResourceNotFoundException',
    })
    expect(await written().deleteGroup({ ...made, owners })).toMatchObject({ code: 'ResourceNotFoundException' })
    expect(await on.store.describeGroups({ owners })).toEqual({ groups: [] })
  })

  test('a stream, and what is not there, belong to who made them or the group', async () => {
    await make()
    const { group } = made
    expect(written().ownerOf({ group })).toBe('doe')
    expect(written().ownerOf(made)).toBe('doe')
    expect(written().ownerOf({ group, stream: 'none' })).toBe('doe')
    expect(written().ownerOf({ group: 'none' })).toBeUndefined()
  })

  test('whose a stream is cannot be learned by those who may not see it', async () => {
    await make()
    const job = `d/default/${'0'.repeat(32)}`
    await on.write(job, [{ atMs: on.nowMs, message: 'x', cursor: '1' }], '/jobs', 'doe')
    const owners = ['eve']
    const { group } = made
    expect(written().ownerOf({ ...made, owners })).toBeUndefined()
    expect(written().ownerOf({ group, owners })).toBeUndefined()
    expect(written().ownerOf({ group: '/jobs', stream: job, owners })).toBeUndefined()
    // A group that holds a stream of eve's is known to her, with its owner; no stream of others is.
    await on.write(job, [{ atMs: on.nowMs, message: 'x', cursor: '1' }], group, 'eve')
    expect(written().ownerOf({ ...made, owners })).toBe('doe')
    expect(written().ownerOf({ group, stream: 'none', owners })).toBe('doe')
    expect(written().ownerOf({ group, stream: job, owners })).toBe('eve')
  })

  test('a stream and a group that were deleted are gone, and may be made anew', async () => {
    await make()
    await written().put({ ...made, events: events('one') })
    expect(await written().deleteStream(made)).toBeUndefined()
    expect(await written().deleteStream(made)).toMatchObject({ code: 'ResourceNotFoundException' })
    expect(await written().createStream({ ...made, owner: 'doe' })).toBeUndefined()
    expect(await messages()).toEqual([])
    expect(await written().deleteGroup(made)).toBeUndefined()
    await on.reopen()
    expect(await on.store.describeGroups({})).toEqual({ groups: [] })
    expect(await on.store.getEvents(made)).toMatchObject({ message: 'The specified log group does not exist.' })
  })

  test('a group keeps its events as long as it says', async () => {
    await make()
    await written().put({ ...made, events: events('one') })
    expect(written().setRetention(made, 3)).toBeUndefined()
    await on.reopen()
    expect(await on.store.describeGroups({})).toMatchObject({ groups: [{ retentionInDays: 3 }] })
    const madeAtMs = on.nowMs
    expect(await written().deleteExpired(madeAtMs + 3 * dayMs - 1)).toBe(0)
    expect(written().setRetention(made, undefined)).toBeUndefined()
    expect(await written().deleteExpired(madeAtMs + 3 * dayMs + 1)).toBe(0)
    expect(written().setRetention(made, 3)).toBeUndefined()
    expect(await written().deleteExpired(madeAtMs + 3 * dayMs + 1)).toBe(1)
    expect(await on.store.describeStreams({ group: made.group })).toEqual({ streams: [] })
  })

  /** As many calls to the stream as may wait. They fill the turns of the stream until they are done. */
  const busy = (timestamp = on.nowMs) =>
    Array.from({ length: limits.logPutsWaiting }, () =>
      written().put({ ...made, events: [{ timestamp, message: 'x' }] }),
    )

  test('a group is deleted while as many calls to its stream wait as may', async () => {
    await make()
    const calls = busy()
    expect(await written().deleteGroup(made)).toBeUndefined()
    for (const answer of await Promise.all(calls))
      expect(answer).toEqual(isRefusal(answer) ? expect.objectContaining({ code: 'ResourceNotFoundException' }) : {})
    expect(await on.store.describeGroups({})).toEqual({ groups: [] })
  })

  test('a busy stream is not there either for those who may not see it, and their calls take no turn', async () => {
    await make()
    const hidden = { ...made, owners: ['eve'] }
    const calls = busy()
    const absent = { code: 'ResourceNotFoundException' }
    expect(await written().put({ ...hidden, events: events('x') })).toMatchObject(absent)
    expect(await written().deleteStream(hidden)).toMatchObject(absent)
    expect(await written().createStream({ ...hidden, owner: 'eve' })).toMatchObject(absent)
    expect(await Promise.all(calls)).toEqual(calls.map(() => ({})))
  })

  test('a group that is being deleted is not there for those who may not see it', async () => {
    await make()
    const deleted = written().deleteGroup(made)
    expect(written().setRetention({ ...made, owners: ['eve'] }, 3)).toMatchObject({ code: 'ResourceNotFoundException' })
    expect(await written().deleteGroup({ ...made, owners: ['eve'] })).toMatchObject({
      code: 'ResourceNotFoundException',
    })
    expect(await deleted).toBeUndefined()
  })

  test('old streams that get events just then are not counted as deleted', async () => {
    await make()
    await written().put({ ...made, events: [{ timestamp: on.nowMs - 3 * dayMs, message: 'x' }] })
    const calls = busy(on.nowMs - 3 * dayMs)
    expect(await on.store.deleteStreamsOlderThan(on.nowMs - 2 * dayMs)).toBe(0)
    expect(await Promise.all(calls)).toEqual(calls.map(() => ({})))
    expect(await on.store.deleteStreamsOlderThan(on.nowMs - 2 * dayMs)).toBe(1)
  })

  test('a stream that is made while its group is deleted is in no group that is left behind', async () => {
    await make()
    const [first, , second] = await Promise.all([
      written().createStream({ ...made, stream: 'run 2', owner: 'doe' }),
      written().deleteGroup(made),
      written().createStream({ ...made, stream: 'run 3', owner: 'doe' }),
    ])
    expect([first, second]).toEqual([undefined, expect.objectContaining({ code: 'ResourceNotFoundException' })])
    await on.reopen()
    expect(await on.store.describeGroups({})).toEqual({ groups: [] })
  })

  test('changes of a group that is being deleted are refused, and what is made after it stays', async () => {
    await make()
    const deleted = written().deleteGroup(made)
    const conflict = { code: 'OperationAbortedException' }
    expect(written().setRetention(made, 3)).toMatchObject(conflict)
    expect(written().createGroup({ group: made.group, owner: 'eve' })).toMatchObject(conflict)
    expect(await written().deleteGroup(made)).toMatchObject(conflict)
    expect(await deleted).toBeUndefined()
    await make()
    expect(await written().put({ ...made, events: events('new') })).toEqual({})
    expect(await messages()).toEqual(['new'])
  })

  test('a group that holds the output of jobs loses nothing when its deletion is refused', async () => {
    await make()
    await written().put({ ...made, events: events('one') })
    await on.write(`d/default/${'0'.repeat(32)}`, [{ atMs: on.nowMs, message: 'x', cursor: '1' }], made.group, 'doe')
    expect(await written().deleteGroup(made)).toMatchObject({ code: 'InvalidParameterException' })
    expect(await messages()).toEqual(['one'])
  })

  test('a group keeps its events once its retention has been lengthened', async () => {
    await make()
    await written().createStream({ ...made, stream: 'run 2', owner: 'doe' })
    written().setRetention(made, 3)
    const deleted = written().deleteExpired(on.nowMs + 4 * dayMs)
    written().setRetention(made, undefined)
    expect(await deleted).toBe(0)
    expect(await on.store.describeStreams({ group: made.group })).toMatchObject({
      streams: [{ stream: made.stream }, { stream: 'run 2' }],
    })
  })
}
