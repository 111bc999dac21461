import { localTimes } from '../format'
import { useText } from '../i18n'
import { useToast } from './use-toast'

/** The server's own errors have a status and speak the reader's language; those of a browser do neither. */
const spoken = (error: unknown): error is Error => error instanceof Error && 'status' in error

/** useFailure turns an error into words: the server's own (already translated), else the plain network sentence. */
export function useFailure() {
  const { t, date } = useText()
  const toast = useToast()
  const text = (error: unknown) => (spoken(error) && localTimes(error.message, date)) || t('ui.errorText')
  return { text, show: (error: unknown) => toast.fail(text(error)) }
}
