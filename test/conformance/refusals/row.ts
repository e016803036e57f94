/** One refusal: a request, and the words that it must be refused with. */
import type { BatchClient } from '@aws-sdk/client-batch'
import { expect, test } from 'vitest'
import type { TestServer } from '../../support/openbatch-server.ts'

export interface Row {
  /** What is wrong with the request. */
  readonly what: string
  /** The whole inner text, values included. A pattern only where the reference omits words. */
  readonly text: string | RegExp
  /** `wrapped`: between `Error executing request, Exception : ` and the request id. */
  readonly form: 'wrapped' | 'bare'
  readonly httpStatus: number
  readonly code: 'ClientException' | 'BadRequestException'
  /** AWS’s words are not known; these are openbatch’s own. */
  readonly own: boolean
  /** Makes the request. Rejects with the refusal. */
  send(batch: BatchClient, server: TestServer): Promise<unknown>
}

export type RowOptions = Partial<Pick<Row, 'form' | 'httpStatus' | 'code' | 'own'>>

/** Wrapped, a ClientException of status 400 and in AWS’s words, unless `options` say otherwise. */
export function row(what: string, text: Row['text'], send: Row['send'], options: RowOptions = {}): Row {
  return { what, text, send, form: 'wrapped', httpStatus: 400, code: 'ClientException', own: false, ...options }
}

export const bare = { form: 'bare' } as const
export const own = { own: true } as const

/** Available once the first test runs. */
export interface Given {
  batch(): BatchClient
  server(): TestServer
}

/** Makes one test for each row. */
export function exerciseRows(rows: readonly Row[], { batch, server }: Given): void {
  test.each(rows)('$what: $text', async ({ text, form, httpStatus, code, send }) => {
    const refusal = await refusalOf(() => send(batch(), server()))
    expect(refusal).toMatchObject({ name: code, $metadata: { httpStatusCode: httpStatus } })
    const inner = form === 'bare' ? refusal.message : unwrapped(refusal)
    if (typeof text === 'string') expect(inner).toBe(text)
    else expect(inner).toMatch(text)
  })
}

interface SdkError extends Error {
  readonly $metadata: { readonly httpStatusCode: number; readonly requestId: string }
}

async function refusalOf(send: () => Promise<unknown>): Promise<SdkError> {
  const answer = await send().catch((error: unknown) => error)
  if (answer instanceof Error && '$metadata' in answer) return answer as SdkError
  if (answer instanceof Error) throw answer
  throw new Error(`it was not refused: ${JSON.stringify(answer)}`)
}

function unwrapped({ message, $metadata }: SdkError): string {
  const end = `, RequestId: ${$metadata.requestId}`
  expect(message).toMatch(/^Error executing request, Exception : .*, RequestId: [0-9a-f-]{36}$/s)
  expect(message.endsWith(end), `${message} ends with${end}`).toBe(true)
  return message.slice('Error executing request, Exception : '.length, -end.length)
}
