/** Services that openbatch does not offer: real clients learn so, and do not misread the answer. */
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { cliEnvironment, run } from '../clients/aws-cli.ts'
import type { Installed } from '../clients/installed.ts'
import type { Setting } from './setting.ts'

const script = fileURLToPath(new URL('./absent_services.py', import.meta.url))

export function exerciseAbsentServices(installed: Installed): (given: () => Setting) => void {
  return (given) => {
    const environment = () => {
      const { server, user } = given()
      return cliEnvironment(installed, { endpoint: server.endpoint, credentials: user })
    }

    test('boto3 reports that a service is not offered, whichever protocol it uses', async () => {
      const { stdout } = await run(installed.python, [script, given().server.endpoint], environment())
      const no = (what: string) => `openbatch does not offer ${what}.`
      const noTarget = (target: string, service: string) => [
        ...[404, 'UnknownOperationException', no(`${target} of the ${service} service`)],
      ]
      expect(JSON.parse(stdout)).toEqual({
        'cloudwatch list_metrics': [
          expect.any(Number),
          expect.stringMatching(/^InvalidAction$|^UnknownOperationException$/),
          expect.stringMatching(/ListMetrics of the monitoring service\.$/),
        ],
        'dynamodb list_tables': noTarget('DynamoDB_20120810.ListTables', 'dynamodb'),
        'ec2 describe_instances': [400, 'InvalidAction', no('DescribeInstances of the ec2 service')],
        'ecs list_clusters': noTarget('AmazonEC2ContainerServiceV20141113.ListClusters', 'ecs'),
        'autoscaling describe_policies': [400, 'InvalidAction', no('DescribePolicies of the autoscaling service')],
        'lambda list_functions': [404, 'UnknownOperationException', no('the lambda service')],
        'route53 list_hosted_zones': [400, 'InvalidAction', no('the route53 service')],
        'ssm get_parameter': noTarget('AmazonSSM.GetParameter', 'ssm'),
        'sts get_federation_token': [400, 'InvalidAction', 'openbatch does not offer GetFederationToken of STS.'],
      })
    })
  }
}
