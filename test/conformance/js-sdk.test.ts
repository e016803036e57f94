/** The AWS SDK for JavaScript against a real server. */
import { jsSdk } from './clients/js-sdk.ts'
import { everyScenario, exerciseClient, linkedScenarios, newerScenarios } from './exercise-client.ts'
import { exerciseEnvironments } from './scenarios/environments.ts'
import { exerciseLostReply } from './scenarios/lost-reply.ts'

exerciseClient({
  kind: jsSdk,
  scenarios: [...everyScenario, ...linkedScenarios, ...newerScenarios, exerciseEnvironments, exerciseLostReply],
})
