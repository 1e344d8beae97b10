# Echo server on Tcl's own websocket package, in front of it the few lines of HTTP that it needs.
#
# Paths: /echo; /fragments, which sends a text in three fragments; /ping, which
# sends a ping, and pong once that was answered; /close/CODE/REASON.
#
# usage: websocket-server.tcl ?--tls-key FILE --tls-cert FILE? ?--protocol GLOB?

package require websocket
package require json::write

fconfigure stdout -encoding utf-8 -buffering line
set options [dict merge {--tls-key {} --tls-cert {} --protocol *} $argv]

proc report {args} {
    set members {}
    dict for {name value} $args {
        lappend members $name [expr {[string is integer -strict $value] ? $value : [json::write string $value]}]
    }
    json::write indented false
    puts [json::write object {*}$members]
}

proc handler {sock type msg} {
    switch -- $type {
        connect {
            lassign $msg path
            report event connect path $path peername [websocket::conninfo $sock peername] \
                type [websocket::conninfo $sock type] state [websocket::conninfo $sock state]
            lassign [split $path /] - kind code reason
            switch -- $kind {
                fragments {
                    websocket::send $sock text "made " 0
                    websocket::send $sock text "fast " 0
                    websocket::send $sock text \u2693 1
                }
                ping { websocket::send $sock ping "are you there" }
                close { websocket::close $sock $code $reason }
            }
        }
        text - binary { websocket::send $sock $type $msg }
        pong { websocket::send $sock text "pong" }
        ping { report event ping payload $msg }
        close { report event closing code [lindex $msg 0] reason [lindex $msg 1] }
        disconnect { report event disconnect }
    }
}

proc accept {sock host port} {
    fconfigure $sock -blocking 0 -translation {auto crlf} -buffering line
    fileevent $sock readable [list readRequest $sock]
}

proc readRequest {sock} {
    upvar #0 request_$sock lines
    if {[catch {gets $sock line} length] || ($length < 0 && [eof $sock])} {
        close $sock
    } elseif {$length > 0} {
        lappend lines $line
    } elseif {$length == 0} {
        fileevent $sock readable {}
        answer $sock $lines
        unset -nocomplain lines
    }
}

proc answer {sock lines} {
    set path [lindex [split [lindex $lines 0]] 1]
    set headers {}
    foreach line [lrange $lines 1 end] {
        regexp {^([^:]+):\s*(.*)$} $line - name value
        lappend headers $name $value
    }
    if {[catch {websocket::test $::server $sock $path $headers} isWebSocket]} {
        report event failed message $isWebSocket
        refuse $sock "500 Internal Server Error"
    } elseif {$isWebSocket} {
        websocket::upgrade $sock
    } else {
        refuse $sock "404 Not Found"
    }
}

proc refuse {sock status} {
    puts $sock "HTTP/1.1 $status\nConnection: close\nContent-Length: 0\n"
    close $sock
}

if {[dict get $options --tls-key] ne ""} {
    package require tls
    set server [tls::socket -server accept -myaddr 127.0.0.1 \
        -keyfile [dict get $options --tls-key] -certfile [dict get $options --tls-cert] 0]
    set scheme wss
} else {
    set server [socket -server accept -myaddr 127.0.0.1 0]
    set scheme ws
}
websocket::server $server
foreach path {/echo* /fragments /ping /close/*} {
    websocket::live $server $path handler [dict get $options --protocol]
}
report event listening url $scheme://127.0.0.1:[lindex [fconfigure $server -sockname] 2]/ \
    version [package require websocket]
vwait forever
