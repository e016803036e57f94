/** Debian’s AWS CLI 2 against a real server. */
import { awsCli } from './clients/aws-cli.ts'
import { debianClients } from './clients/installed.ts'
import { everyScenario, exerciseClient } from './exercise-client.ts'
import { exercisePage } from './page/walk-through.ts'
import { exerciseAbsentServices } from './scenarios/absent-services.ts'
import { exerciseCommandLine } from './scenarios/command-line.ts'

const installed = debianClients()
exerciseClient({
  kind: awsCli(installed),
  scenarios: [
    exercisePage(installed),
    exerciseCommandLine(installed),
    exerciseAbsentServices(installed),
    ...everyScenario,
  ],
})
