/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobs.html */

import { jobDetail } from '../../../core/describe/job-detail.ts'
import { limits } from '../../../model/limits.ts'
import { refuseWrapped } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { findJobs } from './find-jobs.ts'

export const describeJobs = defineOperation('batch', 'DescribeJobs', {
  resource: () => '*',
  handle(input, { services }) {
    // The spaces are AWS's.
    if (input.jobs.length > limits.describeJobsIds)
      return refuseWrapped(`Maximum number of jobs supported is  ${limits.describeJobsIds} .`)
    const { state, explainer } = services.loop
    const view = { state, explainer }
    return { jobs: findJobs(services, input.jobs).map((job) => jobDetail(job, view)) }
  },
})
