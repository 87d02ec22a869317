import { simulatedOutside } from '../../sim/simulated-outside.ts'
import { diskConformance } from '../host/disk-conformance.ts'

diskConformance('the simulated one', () => {
  const { disk } = simulatedOutside(1)
  disk.makeFolder('/work')
  return { disk, folder: '/work', [Symbol.dispose]: () => {} }
})
