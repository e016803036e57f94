/** The newest AWS CLI 1 against a real server. */
import { awsCli } from './clients/aws-cli.ts'
import { newestClients } from './clients/installed.ts'
import { everyScenario, exerciseClient, linkedScenarios } from './exercise-client.ts'
import { exercisePage } from './page/walk-through.ts'
import { exerciseAbsentServices } from './scenarios/absent-services.ts'
import { exerciseCommandLine } from './scenarios/command-line.ts'
import { exerciseTasks } from './scenarios/tasks.ts'

const installed = newestClients()
exerciseClient({
  kind: awsCli(installed),
  scenarios: [
    exercisePage(installed),
    exerciseCommandLine(installed),
    exerciseAbsentServices(installed),
    ...everyScenario,
    ...linkedScenarios,
    exerciseTasks,
  ],
})
