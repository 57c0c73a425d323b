/* classify: the network as firmware would call it; argv[1] is how often each image runs. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "digits_w8a8.h"
#include "vectors.h"

int main(int count, char **words)
{
    static digits_w8a8_tensors t;
    const int times = count > 1 ? atoi(words[1]) : 1;
    const clock_t begin = clock();
    int image, k, n, wrong = 0;
    for (n = 0; n < times; n++)
        for (image = 0; image < digits_w8a8_IMAGES; image++) {
            int best = 0;
            for (k = 0; k < digits_w8a8_WORDS_input; k++)
                t.t_input[k] = digits_w8a8_v_input[image][k][0];
            if (digits_w8a8_run(&t))
                return 2;
            for (k = 0; k < digits_w8a8_WORDS_fc; k++) {
                wrong += t.t_fc[k] != digits_w8a8_v_fc[image][k][0];
                if (t.t_fc[k] > t.t_fc[best])
                    best = k;
            }
            if (n == 0)
                printf("image %d is a %d\n", image, best);
        }
    printf("%d logits differ from golden's\n", wrong);
    if (times > 1)
        printf("speed     %.0f images a second\n",
               times * digits_w8a8_IMAGES / ((double)(clock() - begin) / CLOCKS_PER_SEC));
    return wrong != 0;
}
