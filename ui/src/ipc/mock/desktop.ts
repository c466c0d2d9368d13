/** The mock's desktop: it has a tray, shows no notice but remembers it, and closes nothing. */
import type { DesktopWords, GivenFiles, Notice, QuitQuestion } from '../bindings';

export interface MockDesktop {
  /** What the desktop was told, for a test to look at. */
  readonly told: { words: DesktopWords | null; notices: Notice[]; hidden: number; quit: number };
  /** Files that the next question finds given. */
  given: GivenFiles;
  tray: boolean;
}

export function createDesktop(running: () => number) {
  const desktop: MockDesktop = {
    told: { words: null, notices: [], hidden: 0, quit: 0 },
    given: { paths: [], refused: [], refused_more: 0 },
    tray: true,
  };
  return {
    desktop,
    quitQuestion: async (): Promise<QuitQuestion> => ({ running: running(), tray: desktop.tray }),
    quit: async (): Promise<void> => {
      desktop.told.quit += 1;
    },
    keepInTray: async (): Promise<void> => {
      if (desktop.tray) desktop.told.hidden += 1;
    },
    setDesktopWords: async (words: DesktopWords): Promise<void> => {
      desktop.told.words = words;
    },
    showNotice: async (notice: Notice): Promise<void> => {
      desktop.told.notices.push(notice);
    },
    takeGivenFiles: async (): Promise<GivenFiles> => {
      const given = desktop.given;
      desktop.given = { paths: [], refused: [], refused_more: 0 };
      return given;
    },
  };
}
