/** A log store in a temporary directory and calls to it, for the tests of the Logs operations. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { openFileLogStore } from '../../../logs/file/file-log-store.ts'
import type { LogStore } from '../../../logs/log-store.ts'
import { isRefusal, type Refusal } from '../../../model/refusal.ts'
import type { RequestContext } from '../../context.ts'
import { logsOperations as shapes } from '../../generated/operations.ts'
import type { Operation } from '../../operation.ts'
import { assertOutput } from '../../validation.ts'

export const group = '/aws/batch/job'
export const createdMs = 1_700_000_000_000

export interface LogsCalls {
  /** Writes a finished stream with a line at each time. */
  write(stream: string, lines: readonly (readonly [atMs: number, message: string])[], inGroup?: string): Promise<void>
  /** Returns the operation's answer, checked against AWS's shape. */
  call(operation: Operation, input: object): Promise<unknown | Refusal>
  resource(operation: Operation, input: object): string | readonly string[]
}

/** Makes fresh ones for every test of the file. */
export function logsCalls(): LogsCalls {
  let logs: LogStore
  let directory: string
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'openbatch-logs-'))
    logs = await openFileLogStore({ directory, now: () => createdMs })
  })
  afterEach(async () => {
    await logs.close()
    rmSync(directory, { recursive: true })
  })
  const context = () => ({ backend: { account: '123456789012', region: 'us-west-2', logs } }) as RequestContext
  return {
    async write(stream, lines, inGroup = group) {
      const writer = await logs.openWriter({ group: inGroup, stream, capBytes: 1e9 })
      await writer.append(lines.map(([atMs, message], n) => ({ atMs, message, cursor: String(n) })))
      await writer.finish()
    },
    async call(operation, input) {
      const answer = await operation.handle(input as never, context())
      if (isRefusal(answer)) return answer
      assertOutput('logs', shapes[operation.name as keyof typeof shapes & 'GetLogEvents'].output, answer)
      return answer
    },
    resource: (operation, input) => operation.resource(input as never, context()),
  }
}

/** The refusal of a value in the words of CloudWatch's front end. */
export function constraint(text: string): object {
  return { code: 'InvalidParameterException', message: `1 validation error detected: ${text}` }
}
