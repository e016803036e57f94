/**
 * A machine that on-demand and spot work share, and whose environments change, on an engine that
 * runs nothing.
 */
import { jsSdk } from '../conformance/clients/js-sdk.ts'
import { exerciseClient } from '../conformance/exercise-client.ts'
import { environmentUpdates } from '../conformance/scenarios/environment-updates.ts'
import { schedulingStory } from '../conformance/scenarios/scheduling-story.ts'

exerciseClient({
  kind: jsSdk,
  server: { driver: 'scripted' },
  // Long enough to be running when the burst comes, some calls later.
  scenarios: [schedulingStory({ stay: ['wait'], work: ['run 20s'] }), environmentUpdates(['wait'])],
})
