export { useSession } from '@hawker/api'
