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
        'ec2 describe_images': [400, 'InvalidAction', no('DescribeImages of EC2')],
        'ecr get_authorization_token': noTarget('AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken', 'ecr'),
        'ecs list_clusters': [404, 'UnknownOperationException', no('ListClusters of ECS')],
        'autoscaling describe_policies': [400, 'InvalidAction', no('DescribePolicies of the autoscaling service')],
        'lambda list_functions': [404, 'UnknownOperationException', no('the lambda service')],
        'route53 list_hosted_zones': [400, 'InvalidAction', no('the route53 service')],
        'ssm describe_parameters': [404, 'UnknownOperationException', no('DescribeParameters of Systems Manager')],
        'sts get_federation_token': [400, 'InvalidAction', 'openbatch does not offer GetFederationToken of STS.'],
      })
    })
  }
}
