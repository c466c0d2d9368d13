/** The part of the door that the history and its receipts use. */
import type { CheckResult, HistoryCursor, HistoryPage, PaperRow, PaperView, ReceiptCheckProgress, ReceiptChoice, ReceiptFormat } from './bindings';

export type {
  CheckResult,
  EndCheck,
  EndFinding,
  HistoryCursor,
  HistoryPage,
  PaperEvent,
  PaperMark,
  PaperRequest,
  PaperRow,
  PaperTimeline,
  PaperView,
  ReceiptCheckProgress,
  ReceiptChoice,
  ReceiptFormat,
} from './bindings';

export interface ReceiptsBackend {
  /** What is done, newest first. A search may have found nothing yet and still have a `next`. */
  history(after: HistoryCursor | null, search: string, limit: number): Promise<HistoryPage>;
  openReceipt(choice: ReceiptChoice): Promise<PaperView>;
  openReceiptFile(path: string): Promise<PaperView>;
  receiptRows(paper: number, from: number, limit: number): Promise<PaperRow[]>;
  /** Null if it was stopped. */
  checkReceipt(paper: number, read: boolean): Promise<CheckResult | null>;
  checkProgress(paper: number): Promise<ReceiptCheckProgress>;
  stopCheck(paper: number): Promise<void>;
  /** The native dialog, then the file; null when it was closed. */
  saveReceipt(paper: number, format: ReceiptFormat): Promise<string | null>;
  closeReceipt(paper: number): Promise<void>;
}
