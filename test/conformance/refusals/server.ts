/** A server for each file of rows, with the resources that the rows refer to. */
import { BatchClient } from '@aws-sdk/client-batch'
import { afterAll, beforeAll, test } from 'vitest'
import { startServer, type TestServer } from '../../support/openbatch-server.ts'
import type { Given } from './row.ts'

/** `prepare` is a test of its own, so that its failure fails no other. */
export function serverFor(prepare: (batch: BatchClient) => Promise<void>): Given {
  let server: TestServer
  let batch: BatchClient

  beforeAll(async () => {
    server = await startServer({ driver: 'scripted' })
    batch = clientOf(server)
  })
  afterAll(async () => {
    batch?.destroy()
    await server?.stop()
  })
  test('makes the resources that the requests refer to', () => prepare(batch))
  return { batch: () => batch, server: () => server }
}

function clientOf({ endpoint, administrator }: TestServer): BatchClient {
  return new BatchClient({ endpoint, region: 'us-west-2', credentials: administrator, maxAttempts: 1 })
}
