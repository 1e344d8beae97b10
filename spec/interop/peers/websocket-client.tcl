# Client on Tcl's own websocket package; it takes the steps of ../adapter.ts.
#
# usage: websocket-client.tcl ?--ca FILE? ?--protocol NAME?... URL STEP...

package require websocket
package require json::write

fconfigure stdout -encoding utf-8 -buffering line
set options {--ca {} --protocol {}}
while {[string match --* [lindex $argv 0]]} {
    set argv [lassign $argv option value]
    dict lappend options $option $value
}
set steps [lassign $argv url]
set inbox {}

proc report {args} {
    set members {}
    dict for {name value} $args {
        lappend members $name [expr {[string is integer -strict $value] ? $value : [json::write string $value]}]
    }
    json::write indented false
    puts [json::write object {*}$members]
}

proc fail {message} {
    puts stderr $message
    exit 1
}

proc handler {sock type msg} {
    if {$type eq "ping"} {
        report event ping payload $msg
    } else {
        lappend ::inbox [list $type $msg]
    }
}

# Waits for the next event, which has to be of one of some types.
proc next {args} {
    while {![llength $::inbox]} { vwait ::inbox }
    set ::inbox [lassign $::inbox event]
    if {[lindex $event 0] ni $args} { fail "$event came when $args was due" }
    return $event
}

proc random {count} {
    set octets [open /dev/urandom rb]
    try { return [read $octets $count] } finally { close $octets }
}

proc step {sock kind argument} {
    switch -- $kind {
        receive { set due [list text $argument] }
        text {
            set due [list text $argument]
            websocket::send $sock text $argument
        }
        binary {
            set due [list binary [binary decode hex $argument]]
            websocket::send $sock binary [lindex $due 1]
        }
        octets {
            set due [list binary [random $argument]]
            websocket::send $sock binary [lindex $due 1]
        }
        fragments {
            set pieces [split $argument |]
            set due [list text [join $pieces ""]]
            foreach piece [lrange $pieces 0 end-1] { websocket::send $sock text $piece 0 }
            websocket::send $sock text [lindex $pieces end] 1
        }
        ping {
            websocket::send $sock ping $argument
            report event pong payload [lindex [next pong] 1]
            return
        }
        close {
            lassign [split $argument :] code reason
            websocket::close $sock $code $reason
            awaitEnd
            return
        }
        closed {
            awaitEnd
            return
        }
        default { fail "no such step: $kind" }
    }
    if {[next text binary] ne $due} { fail "$kind: what came is not what was due" }
    set octets [expr {[lindex $due 0] eq "text" ? [encoding convertto utf-8 [lindex $due 1]] : [lindex $due 1]}]
    report event echo kind $kind octets [string length $octets]
}

proc awaitEnd {} {
    lassign [lindex [next close] 1] code reason
    next disconnect
    report event disconnect code $code reason $reason
}

if {[dict get $options --ca] ne ""} {
    package require tls
    http::register https 443 [list tls::socket -require 1 -cafile [dict get $options --ca]]
}
set sock [websocket::open $url handler -protocol [dict get $options --protocol] -timeout 10000]
lassign [next connect error] type message
if {$type eq "error"} {
    regexp {HTTP error code (\d+)} $message - status
    report event refused status $status
    exit
}
report event connect protocol $message version [package require websocket] \
    type [websocket::conninfo $sock type] state [websocket::conninfo $sock state]
set kind {}
foreach step $steps {
    regexp {^(\w+):?(.*)$} $step - kind argument
    step $sock $kind $argument
}
if {$kind ni {close closed}} { step $sock close 1000 }
