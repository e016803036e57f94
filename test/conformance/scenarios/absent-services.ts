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
      const noS3 = [501, 'NotImplemented', `${no('the s3 service')} AWS_ENDPOINT_URL_S3 sends its requests elsewhere.`]
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
        's3 get_object': noS3,
        's3 head_object': [501, '501', 'Not Implemented'],
        's3 put_object': noS3,
        'ssm get_parameter': noTarget('AmazonSSM.GetParameter', 'ssm'),
        'sts get_federation_token': [400, 'InvalidAction', 'openbatch does not offer GetFederationToken of STS.'],
      })
    })

    test('aws s3 reports that S3 is missing, and not that an object is missing', async () => {
      const copy = (from: string, to: string) => run('aws', ['s3', 'cp', '--no-progress', from, to], environment())
      await expect(copy('s3://bucket/key', '-')).rejects.toMatchObject({ code: '501', message: 'Not Implemented' })
      await expect(copy(script, 's3://bucket/key')).rejects.toMatchObject({ code: 'NotImplemented' })
    })
  }
}
