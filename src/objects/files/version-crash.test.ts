/** The short form of `npm run crash:objects` for buckets with versioning. */
import { afterAll, test } from 'vitest'
import { versionFailpoints } from './failpoints.ts'
import { VersionCrashCampaign } from './version-crash-campaign.testing.ts'

const campaign = new VersionCrashCampaign()
afterAll(() => campaign.remove())

const moments = [...versionFailpoints, 'object-placed', 'object-removed', undefined] as const

test.each(moments)('no version is lost or doubled by a kill at %s', async (failpoint) => {
  await campaign.round({ seed: Date.now() % 1_000_000, failpoint, count: 3 })
})

test('the same is so while versioning is suspended, and when the index is lost with the server', async () => {
  await campaign.round({ seed: 1, failpoint: 'marker-written', count: 2, state: 'Suspended' })
  await campaign.round({ seed: 2, failpoint: 'version-linked', count: 4 })
  await campaign.round({ seed: 3, failpoint: 'object-placed', count: 1, withoutIndex: true })
  await campaign.end()
})
