"""What a published site needs beside its pages: a policy for browsers, a feed, and pages that programs can read."""
