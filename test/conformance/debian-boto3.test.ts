/** Debian’s boto3 against a real server. */
import { boto3 } from './clients/boto3.ts'
import { debianClients } from './clients/installed.ts'
import { everyScenario, exerciseClient, linkedScenarios } from './exercise-client.ts'
import { exerciseEnvironments } from './scenarios/environments.ts'
import { exerciseIam } from './scenarios/iam.ts'
import { exerciseTerraform } from './scenarios/iam-terraform.ts'
import { exerciseLostReply } from './scenarios/lost-reply.ts'

exerciseClient({
  kind: boto3(debianClients()),
  scenarios: [
    ...everyScenario,
    ...linkedScenarios,
    exerciseEnvironments,
    exerciseLostReply,
    exerciseIam,
    exerciseTerraform,
  ],
})
