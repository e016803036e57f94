/** Snakemake as an ordinary user, with the grant of docs/use/snakemake.md, and allowed to pass the role. */
import { snakemakeEnvironment } from '../snakemake-jobs.ts'
import { exerciseOnDocker } from './exercise-on-docker.ts'

const hungry = `cat > Hungry <<'END'
rule hungry:
    output:
        "hungry.txt",
    resources:
        mem_mb=2048,
    shell:
        "python3 -c 'print(len(bytes(1) * 3 * 10**9))' > {output}"
END`

const passRole = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'iam:PassRole', Resource: 'arn:aws:iam::123456789012:role/snakemake' }],
}

await exerciseOnDocker({
  manager: 'snakemake',
  as: 'user',
  server: { env: { OPENBATCH_HOST_ACCESS: JSON.stringify({ default: { privileged: 'withheld' } }) } },
  operator: `echo '${JSON.stringify(passRole)}' > pass-role.json
    openbatch policy add pass-snakemake pass-role.json
    openbatch user attach jdoe pass-snakemake`,
  image: 'snakemake/snakemake:v9.27.1',
  jobEnvironment: snakemakeEnvironment(),
  prints: [/5 of 5 steps \(100%\) done/, /^6 words$/m],
  runs: [
    {
      title: 'a rule whose command ends with 7 fails, in AWS’s words',
      command: 'snakemake --workflow-profile profile fails',
      fails: true,
      prints: [/AWS Batch job failed\. Code: 1, Msg: Essential container in task exited\./],
    },
    {
      title: 'a rule that runs out of memory fails, in AWS’s words',
      command: `${hungry}\nsnakemake --workflow-profile profile --snakefile Hungry hungry`,
      fails: true,
      prints: [/AWS Batch job failed\. Code: \d+, Msg: Essential container in task exited\./],
    },
    {
      title: 'an image that its registry does not have is told, in AWS’s words',
      command: 'snakemake --workflow-profile profile --container-image $ABSENT_IMAGE fails',
      fails: true,
      prints: [/AWS Batch job failed\. Code: .*, Msg: Task failed to start\./],
    },
  ],
})
