/** The children of an array job as bytes. 10,000 children cost 10,000 bytes until they start. */
import { type ArrayChildren, type HaltedChildren, isTerminal, type JobStatus, jobStatuses } from './job.ts'
import type { TimeMs } from './time.ts'

/** Set in the byte of a child that has a record of its own. */
const recordBit = 0x80
const runnable = jobStatuses.indexOf('RUNNABLE')

export function newChildren(
  size: number,
  atMs: TimeMs,
  statusAt: (index: number) => 'RUNNABLE' | 'PENDING',
): ArrayChildren {
  const children: ArrayChildren = {
    statuses: new Uint8Array(size).fill(jobStatuses.indexOf('PENDING')),
    counts: jobStatuses.map((status) => (status === 'PENDING' ? size : 0)),
    startable: 0,
    nextIndex: size,
    updatedAtMs: atMs,
  }
  for (let index = 0; index < size; index++)
    if (statusAt(index) === 'RUNNABLE') setChildStatus(children, index, 'RUNNABLE', atMs)
  return children
}

export function childStatus(children: ArrayChildren, index: number): JobStatus {
  return jobStatuses[children.statuses[index]! & ~recordBit]!
}

export function hasRecord(children: ArrayChildren, index: number): boolean {
  return (children.statuses[index]! & recordBit) !== 0
}

/** Whether the child waits and has no record of its own. */
export function isUnspawned(children: ArrayChildren, index: number): boolean {
  return index < children.statuses.length && !hasRecord(children, index) && !isTerminal(childStatus(children, index))
}

/** Returns the first child from `from` on that may start, or undefined when none may. */
export function nextChild(children: ArrayChildren, from = children.nextIndex): number | undefined {
  if (children.startable === 0) return undefined
  const found = children.statuses.indexOf(runnable, Math.max(from, children.nextIndex))
  return found === -1 ? undefined : found
}

export function setChildStatus(children: ArrayChildren, index: number, status: JobStatus, atMs: TimeMs): void {
  const before = children.statuses[index]!
  const code = jobStatuses.indexOf(status)
  children.counts[before & ~recordBit]!--
  children.counts[code]!++
  children.statuses[index] = (before & recordBit) | code
  children.updatedAtMs = atMs
  if (before === runnable) leaveStartable(children, index)
  if (children.statuses[index] !== runnable) return
  children.startable++
  children.nextIndex = Math.min(children.nextIndex, index)
}

/** Notes that the child now has a record of its own. */
export function markSpawned(children: ArrayChildren, index: number): void {
  const isStartable = children.statuses[index] === runnable
  children.statuses[index]! |= recordBit
  if (isStartable) leaveStartable(children, index)
}

/** Keeps `nextIndex` at the first child that may start. */
function leaveStartable(children: ArrayChildren, index: number): void {
  children.startable--
  if (index === children.nextIndex) children.nextIndex = nextChild(children, index) ?? children.statuses.length
}

/** Ends every child that waits without a record, all for one reason. Returns their indexes. */
export function haltChildren(children: ArrayChildren, halted: HaltedChildren): number[] {
  const ended: number[] = []
  for (let index = 0; index < children.statuses.length; index++) {
    if (!isUnspawned(children, index)) continue
    setChildStatus(children, index, 'FAILED', halted.atMs)
    ended.push(index)
  }
  const { statusReason, atMs, stop } = halted
  children.halted = { statusReason, atMs, ...(stop && { stop }) }
  return ended
}

/** Returns the count of one status, straight from `counts`. */
export function countOf(children: ArrayChildren, status: JobStatus): number {
  return children.counts[jobStatuses.indexOf(status)]!
}

/**
 * Rebuilds the children from what a store knows, which is the statuses of children with a record.
 * The others wait, or ended when the array was halted. The state decides which waiting children may
 * start (`openDependencies`).
 */
export function restoredChildren(
  size: number,
  updatedAtMs: TimeMs,
  halted: ArrayChildren['halted'],
  records: Iterable<{ readonly index: number; readonly statusCode: number }>,
): ArrayChildren {
  const children = newChildren(size, updatedAtMs, () => 'PENDING')
  for (const { index, statusCode } of records) {
    setChildStatus(children, index, jobStatuses[statusCode]!, updatedAtMs)
    markSpawned(children, index)
  }
  if (halted) haltChildren(children, halted)
  children.updatedAtMs = updatedAtMs
  return children
}
