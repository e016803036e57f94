/** The ends of jobs, from which the kinds of jobs are made. */
import type { Expected, ExpectedPart } from './workload.ts'

const exited = /^Essential container in task exited$/
const once = { least: 1, most: 1 }
/** Exit codes of a job that is stopped on the way. */
const killed = [143, 137, undefined]

export function toItsEnd(output: readonly string[], exitCode = 0): ExpectedPart {
  return { exitCodes: () => [exitCode], output, runs: 'to its end' }
}

/** It runs until it is stopped, or never begins. */
export function stopped(output: readonly string[]): ExpectedPart {
  return { exitCodes: () => killed, output, runs: 'prefix' }
}

export const neverBegun: ExpectedPart = { exitCodes: () => [undefined], output: [], runs: 'none' }

/** A job of one container, or of the given ones. */
export function succeeds(output: readonly string[] | Expected['parts']): Expected {
  const parts = Array.isArray(output) ? { '': toItsEnd(output) } : (output as Expected['parts'])
  return { status: 'SUCCEEDED', reason: exited, attempts: once, parts, parentReason: exited }
}

export function fails(parts: Expected['parts'], attempts = 1): Expected {
  return {
    ...{ status: 'FAILED', reason: exited, attempts: { least: attempts, most: attempts }, parts },
    parentReason: /^Array Child Job failed$/,
  }
}

export function isTerminated(parts: Expected['parts'], reason: string): Expected {
  return { status: 'FAILED', reason: new RegExp(`^${reason}$`), attempts: { least: 0, most: 1 }, parts }
}

export function cannotStart(attempts: number, parts: Expected['parts'] = { '': neverBegun }): Expected {
  return { status: 'FAILED', reason: /^Task failed to start$/, attempts: { least: attempts, most: attempts }, parts }
}

/** Its dependency failed, so nothing of it ever begins. */
export const dependencyFailed: Expected = {
  ...{ status: 'FAILED', reason: /^Dependent Job failed$/, parentReason: /^Dependent Job failed$/ },
  ...{ attempts: { least: 0, most: 0 }, parts: { '': neverBegun } },
}

export function timesOut(parts: Expected['parts']): Expected {
  return { status: 'FAILED', reason: /^Job attempt duration exceeded timeout$/, attempts: once, parts }
}
