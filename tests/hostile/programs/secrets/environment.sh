# Everything that was handed down: variables, arguments, descriptors, limits' owners.
env | grep -vE '^(PATH|HOME|TMPDIR|LANG|PWD|OLDPWD|SHLVL|_)=' | sed 's/^/ESCAPED: /'
tr '\0' '\n' </proc/self/environ | grep -E 'MARKER|SECRET|ASSAY|URI|KEY' | sed 's/^/ESCAPED: /'
for file in /proc/[0-9]*/environ /proc/[0-9]*/cmdline; do
  words=$(tr '\0' ' ' <"$file") 2>/dev/null
  [[ $words =~ (assay|bwrap|MARKER|main.sh --) ]] && echo "ESCAPED: $file: $words"
done
ls -l /proc/self/fd | grep -E 'socket|memfd:[^s]|anon_inode' | sed 's/^/ESCAPED: /'
echo held
