# The same lab. Nix has lists, sets and `assert`, and no types.
let
  digit = builtins.elemAt [ "0" "1" "2" "3" "4" "5" "6" "7" "8" "9" "a" "b" "c" "d" "e" "f" ];
  hex = n: digit (n / 16) + digit (builtins.bitAnd n 15);

  device = n:
    let
      high = n / 256;
      low = builtins.bitAnd n 255;
    in
    assert n < 65535;
    {
      network = "lan";
      ip = "10.0.${toString high}.${toString low}";
      mac = "02:00:00:00:${hex high}:${hex low}";
    };

  guest = i: {
    name = "g${toString i}";
    value = {
      image = "echo";
      args = [ "--id" (toString i) ];
      eth0 = device (i + 1);
    };
  };
in
{
  network.lan.subnet = "10.0.0.0/16";
  image.echo = { class = "wasm"; path = "std:guests/echo"; };
  guest = builtins.listToAttrs (builtins.genList (i: guest (i + 1)) 10000);
}
