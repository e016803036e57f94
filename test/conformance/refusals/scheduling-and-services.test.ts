/** Like refusals.test.ts, for scheduling policies and service environments and what uses them. */
import { expect, test } from 'vitest'
import { exerciseRows } from './row.ts'
import { prepareServices, serviceRows } from './scheduling-and-services.ts'
import { serverFor } from './server.ts'
import { prepare, queueOf } from './setting.ts'

const given = serverFor(async (client) => {
  await prepare(client)
  await prepareServices(client)
})

exerciseRows(serviceRows, given)

test('no queue was created', async () => expect(await queueOf(given.batch(), 'refused')).toBeUndefined())
