/** As refusals.test.ts, for scheduling policies, service environments and what goes by them, and for jobs that wait for others. */
import { expect, test } from 'vitest'
import { exerciseRows } from './row.ts'
import { prepareServices, serviceRows } from './scheduling-and-services.ts'
import { serverFor } from './server.ts'
import { prepare, queueOf } from './setting.ts'
import { dependencyRows } from './submit-job.ts'

const given = serverFor(async (client) => {
  await prepare(client)
  await prepareServices(client)
})

exerciseRows([...serviceRows, ...dependencyRows], given)

test('no queue was made', async () => expect(await queueOf(given.batch(), 'refused')).toBeUndefined())
