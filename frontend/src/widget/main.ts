/** The entry of the frame. What it needs first comes first: everything else reads the browser's storage as it loads. */
import { provideStorage } from './storage'

provideStorage()
void import('./start')
