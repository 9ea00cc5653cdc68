package PrivateArguments;

# Loaded into an agent's Perl by PERL5OPT. Takes further arguments from standard input, each ended by a NUL octet, so that
# communities and passwords stand on no command line, where every account of the machine could read them. It also makes
# standard output unbuffered: each device's document leaves when it is written, and a killed run loses only the last one.

use strict;
use warnings;

sub import {
    delete $ENV{PERL5OPT};
    binmode STDIN;
    my $text = do { local $/; <STDIN> };
    open STDIN, '<', '/dev/null' or die "cannot open /dev/null: $!\n";
    push @ARGV, split /\0/, $text if defined $text;
    $| = 1;
    return;
}

1;
