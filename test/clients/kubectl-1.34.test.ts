import { testKubectl } from './kubectl-transcripts.ts'

testKubectl('1.34')
