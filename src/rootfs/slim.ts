/**
 * The files that Docker's official slim images of Debian leave out: debuerreotype's `.slimify-excludes` and
 * `.slimify-includes`. groff's files stay, because man needs them (debuerreotype#87).
 */
export const slim: readonly { readonly from: string; readonly rules: readonly string[] }[] = [
  {
    // The files that everyone drops; licences have to stay.
    from: 'https://wiki.ubuntu.com/ReducingDiskFootprint#Drop_unnecessary_files',
    rules: [
      'path-exclude=/usr/share/doc/*',
      'path-exclude=/usr/share/info/*',
      'path-exclude=/usr/share/linda/*',
      'path-exclude=/usr/share/lintian/overrides/*',
      'path-exclude=/usr/share/locale/*',
      'path-exclude=/usr/share/man/*',
      'path-include=/usr/share/doc/*/copyright',
    ],
  },
  {
    // Translations, but what every locale needs.
    from: 'localepurge, gen-dpkg-cfg.pl',
    rules: [
      'path-exclude=/usr/share/doc/kde/HTML/*/*',
      'path-exclude=/usr/share/gnome/help/*/*',
      'path-exclude=/usr/share/omf/*/*-*.emf',
      'path-include=/usr/share/doc/kde/HTML/C/*',
      'path-include=/usr/share/gnome/help/*/C/*',
      'path-include=/usr/share/locale/all_languages',
      'path-include=/usr/share/locale/currency/*',
      'path-include=/usr/share/locale/l10n/*',
      'path-include=/usr/share/locale/languages',
      'path-include=/usr/share/locale/locale.alias',
      'path-include=/usr/share/omf/*/*-C.emf',
    ],
  },
];
