/**
 * Multi-node jobs: the nodes find the main node, are described and listed one by one, and end with
 * it.
 */
import { expect, test } from 'vitest'
import { busyboxNetwork } from '../../../src/drivers/contract/shell-network.contract.ts'
import { eventually } from '../../support/eventually.ts'
import { describeJob, listed, logLines, needs, reach, register, type Setting, submit } from './setting.ts'

/** Each test file has ports of its own, because plain processes share the machine's. */
const port = 30_000 + (process.pid % 2_000)

export function exerciseNodes(given: () => Setting): void {
  /** A job of three nodes, the first of them the main one. */
  const multinode = (main: string, others: string) => {
    const node = (targetNodes: string, script: string) => ({
      targetNodes,
      container: { image: given().image, command: ['sh', '-c', script], resourceRequirements: needs(1, 64) },
    })
    const nodeRangeProperties = [node('0', main), node('1:', others)]
    return { type: 'multinode' as const, nodeProperties: { numNodes: 3, mainNode: 0, nodeRangeProperties } }
  }

  test('every node reaches the main node at the address it is given, and can be described as a job of its own', async () => {
    const { network } = given()
    const fetch = network.fetch('$ADDRESS', port)
    // The script for Node stands between quotes.
    const told = network === busyboxNetwork ? fetch : fetch.replace('$ADDRESS', `'"$ADDRESS"'`)
    const definition = await register(given(), 'nodes', '', {
      ...multinode(
        [
          'echo "main $AWS_BATCH_JOB_NODE_INDEX of $AWS_BATCH_JOB_NUM_NODES"',
          'echo "address $AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS"',
          network.serve(port, 'from the main node'),
          // Runs until the test has seen enough.
          'sleep 600 & wait $!',
        ].join('\n'),
        [
          'ADDRESS=$AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS',
          // It runs already, but may not listen yet.
          `until [ "$(${told})" = 'from the main node' ]; do sleep 0.1; done 2> /dev/null`,
          told,
          'echo "node $AWS_BATCH_JOB_NODE_INDEX main $AWS_BATCH_JOB_MAIN_NODE_INDEX"',
          'test $AWS_BATCH_JOB_NODE_INDEX = 2 || exec sleep 600',
          'exit 7',
        ].join('\n'),
      ),
    })
    const jobId = await submit(given(), definition)
    const parent = await reach(given(), jobId, 'RUNNING')
    expect(parent.nodeProperties).toMatchObject({ numNodes: 3, mainNode: 0 })
    // A node that ends before the main node changes nothing.
    const ended = await reach(given(), `${jobId}#2`, 'FAILED')
    expect(ended).toMatchObject({ nodeDetails: { nodeIndex: 2, isMainNode: false } })
    const running = [`${jobId}#0`, `${jobId}#1`]
    for (const id of running) await reach(given(), id, 'RUNNING')
    expect(await describeJob(given(), jobId)).toMatchObject({ status: 'RUNNING' })
    expect((await listed(given(), { multiNodeJobId: jobId })).sort()).toEqual(running)
    const { jobSummaryList } = await given().asUser.batch('ListJobs', { multiNodeJobId: jobId, jobStatus: 'FAILED' })
    expect(jobSummaryList).toMatchObject([
      { jobId: `${jobId}#2`, nodeProperties: { isMainNode: false, numNodes: 3, nodeIndex: 2 } },
    ])

    // Node 1 runs, but may not have printed its line yet.
    const { container } = await describeJob(given(), `${jobId}#1`)
    await eventually('the word of node 1', async () =>
      (await logLines(given(), container!.logStreamName!)).includes('node 1 main 0'),
    )
    await given().asUser.batch('TerminateJob', { jobId, reason: 'seen enough' })
    expect(await reach(given(), jobId, 'FAILED')).toMatchObject({ statusReason: 'seen enough' })
    const { jobs } = await given().asUser.batch('DescribeJobs', { jobs: [0, 1, 2, 3].map((it) => `${jobId}#${it}`) })
    const nodes = jobs!.toSorted((a, b) => a.nodeDetails!.nodeIndex! - b.nodeDetails!.nodeIndex!)
    expect(nodes.map(({ nodeDetails, status }) => [nodeDetails, status])).toEqual(
      [0, 1, 2].map((nodeIndex) => [{ nodeIndex, isMainNode: nodeIndex === 0 }, 'FAILED']),
    )
    expect(nodes[2]!.container!.exitCode).toBe(7)
    const logs = await Promise.all(nodes.map(({ container }) => logLines(given(), container!.logStreamName!)))
    expect(logs).toEqual([
      // The main node does not receive its own address.
      ['main 0 of 3', 'address ', 'listening'],
      ['from the main node', 'node 1 main 0'],
      ['from the main node', 'node 2 main 0'],
    ])
  })

  test('a job of several nodes ends as its main node does, and its other nodes end with it', async () => {
    const definition = await register(given(), 'led', '', multinode('echo led; sleep 1', 'exec sleep 600'))
    const job = await reach(given(), await submit(given(), definition), 'SUCCEEDED')
    expect(job).toMatchObject({ statusReason: 'Essential container in task exited' })
    expect(job.attempts).toMatchObject([{ container: { exitCode: 0 } }])
    expect(await listed(given(), { multiNodeJobId: job.jobId!, jobStatus: 'SUCCEEDED' })).toEqual([`${job.jobId}#0`])
  })
}
