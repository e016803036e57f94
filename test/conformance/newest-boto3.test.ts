/** The newest boto3 against a real server. */
import { boto3 } from './clients/boto3.ts'
import { newestClients } from './clients/installed.ts'
import { everyScenario, exerciseClient, linkedScenarios, newerScenarios } from './exercise-client.ts'
import { exerciseEnvironments } from './scenarios/environments.ts'
import { exerciseLostReply } from './scenarios/lost-reply.ts'

exerciseClient({
  kind: boto3(newestClients()),
  scenarios: [...everyScenario, ...linkedScenarios, ...newerScenarios, exerciseEnvironments, exerciseLostReply],
})
