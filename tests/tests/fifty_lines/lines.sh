curl -s $HTTP/
curl -s "$HTTP/a/b?c=d#e"
curl -s -i $HTTP/
curl -s -I $HTTP/
curl -s -o out $HTTP/
curl -s -O $HTTP/file.txt
curl -s -OJ $HTTP/named
curl -s -D head -o out $HTTP/
curl -s --create-dirs --output-dir a/b -o c $HTTP/
curl -s -o one -o two $HTTP/1 $HTTP/2
curl -s -A agent/1 -e http://from/ $HTTP/
curl -s -H 'X-A: b' -H 'Accept:' -H 'X-Empty;' $HTTP/
curl -s -X DELETE $HTTP/
curl -s -X OPTIONS --request-target '*' $HTTP/
curl -s --path-as-is $HTTP/a/../b
curl -s -0 $HTTP/
curl -s --compressed $HTTP/gzip
curl -s $HTTP/chunked
curl -s -d a=b $HTTP/echo
curl -s -d a=b -d c=d $HTTP/echo
curl -s -d @data $HTTP/echo
curl -s --data-binary @data $HTTP/echo
curl -s --data-raw @data $HTTP/echo
curl -s --data-urlencode 'n=a b&c' $HTTP/echo
curl -s --json '{"a":1}' $HTTP/echo
curl -s -G -d a=b --data-urlencode 'c=d e' "$HTTP/?x"
curl -s --url-query a=b -d c $HTTP/echo
curl -s -F a=b -F f=@data $HTTP/echo
curl -s --form-string a=@b -F 'c=d;type=text/x' $HTTP/echo
curl -s -T data $HTTP/echo/
echo piped | curl -s -T - $HTTP/echo
curl -s -r 0-3 $HTTP/
curl -s -r -4 $HTTP/
curl -s -C - -o part $HTTP/
curl -s -C 2 -o part $HTTP/
curl -s -z '1 Jan 2020' $HTTP/
curl -s -z -20200101 $HTTP/
curl -s --etag-save tag -o out $HTTP/etag
curl -s --etag-compare tagged -o out $HTTP/etag
curl -s -L $HTTP/302
curl -s -L -d x $HTTP/302
curl -s -L -d x $HTTP/307
curl -s -L --post302 -d x $HTTP/302
curl -s -L -e ';auto' $HTTP/301
curl -s -L --max-redirs 2 $HTTP/loop
curl -s -L -b a=b $HTTP/cookie
curl -s -u a:b $HTTP/basic
curl -s --digest -u a:b $HTTP/digest
curl -s --anyauth -u a:b $HTTP/digest
curl -s --oauth2-bearer token $HTTP/
curl -s -L -u a:b $HTTP/away
curl -s -L --location-trusted -u a:b $HTTP/away
curl -s --netrc-file netrc $HTTP/basic
curl -s -x $HTTP http://a.test/p
curl -s -x $HTTP -U a:b http://a.test/p
curl -s -p -x $HTTP http://a.test/p
curl -s -x $HTTP --noproxy 127.0.0.1 $HTTP/
curl -s --resolve a.test:$PORT:127.0.0.1 http://a.test:$PORT/
curl -s --connect-to a.test:80:127.0.0.1:$PORT http://a.test/
curl -s -w '%{http_code} %{size_download} %{content_type}\n' $HTTP/
curl -s -f $HTTP/404
curl -s -f -o out $HTTP/404
curl -s --max-filesize 3 -o out $HTTP/
curl -s --cacert $CA $TLS/
curl -s -k -d a=b $TLS/echo
curl -s --cacert $CA --tls-max 1.2 $TLS/
curl -s $TLS/
curl -s -k --pinnedpubkey sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= $TLS/
curl -s $CLOSED
curl -s --proto =https $HTTP/
curl -s nonsense://127.0.0.1/
curl -s -L -b "" $HTTP/cookie
curl -s -b cookies -c - -o out $HTTP/cookie
curl -s -b cookies -j $HTTP/
