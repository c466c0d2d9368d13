import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { setLanguage } from '../i18n/index.svelte';
import QuitSheet from './QuitSheet.svelte';

afterEach(() => {
  cleanup();
  setLanguage('en');
});

function open(tray: boolean) {
  const asked = { ontray: vi.fn(), onquit: vi.fn(), onstay: vi.fn() };
  render(QuitSheet, { running: 3, tray, ...asked });
  return asked;
}

describe('quitting while transfers run', () => {
  test('names how many run and offers three ways', async () => {
    const { ontray, onquit, onstay } = open(true);
    expect(screen.getByRole('heading')).toHaveTextContent('3 transfers are not finished.');
    await userEvent.click(screen.getByTestId('quit-tray'));
    expect(ontray).toHaveBeenCalledOnce();
    await userEvent.click(screen.getByTestId('quit-pause'));
    expect(onquit).toHaveBeenCalledOnce();
    await userEvent.click(screen.getByTestId('quit-stay'));
    expect(onstay).toHaveBeenCalledOnce();
  });

  test('Esc stays', async () => {
    const { onstay, onquit } = open(true);
    await fireEvent(screen.getByTestId('quit-sheet'), new Event('cancel', { cancelable: true }));
    expect(onstay).toHaveBeenCalledOnce();
    expect(onquit).not.toHaveBeenCalled();
  });

  test('without a tray it is not offered, and staying is what Enter does', () => {
    open(false);
    expect(screen.queryByTestId('quit-tray')).toBeNull();
    expect(screen.getByTestId('quit-stay')).toHaveFocus();
  });

  test('in Chinese', () => {
    setLanguage('zh');
    open(true);
    expect(screen.getByRole('heading')).toHaveTextContent('还有 3 个任务未完成。');
  });
});
